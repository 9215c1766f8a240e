"""Keys, and the browser's way in."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from evalwright.domain.project import ApiKey, Scope
from evalwright.domain.trace import Page
from evalwright.server import wire
from evalwright.server.auth import COOKIE, SESSION_S, issue_key
from evalwright.server.params import NO_NUL, CallerParam, DepsParam, NameOrId, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, model_of, page_of

routes = router("keys")
IssuedKey = extend(ApiKey, "IssuedKey", "A new key with its secret, which is shown only here.", secret=str)


class KeyIn(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=NO_NUL)
    scopes: list[Scope] = Field(min_length=1, max_length=8)
    project: str = Field("", max_length=200, pattern=NO_NUL, description="empty: every project")


class Login(BaseModel):
    """A key, to be traded for a session cookie."""

    model_config = ConfigDict(extra="forbid")

    key: SecretStr = Field(max_length=200)


@routes.get("/keys", response_model=page_of(ApiKey))
def list_keys(deps: DepsParam, caller: CallerParam) -> Response:
    """All keys, revoked ones included, without their secrets."""
    caller.everything(Scope.ADMIN)
    return reply(Page(items=deps.records.list_keys()))


@routes.post("/keys", response_model=IssuedKey, status_code=201)
def create_key(deps: DepsParam, caller: CallerParam, body: KeyIn) -> Response:
    """Makes a key. The answer holds the secret; nothing else ever will."""
    caller.everything(Scope.ADMIN)
    made = issue_key(deps.records, deps.authenticator.pepper, name=body.name, scopes=body.scopes, project=body.project)
    deps.authenticator.forget()
    return reply({**wire.to_plain(made.key), "secret": made.secret_key}, 201)


@routes.delete("/keys/{key_id}", response_model=model_of(ApiKey))
def revoke_key(deps: DepsParam, caller: CallerParam, key_id: NameOrId) -> Response:
    """Revokes a key at once."""
    caller.everything(Scope.ADMIN)
    revoked = deps.records.revoke_key(key_id)
    deps.authenticator.forget()
    return reply(revoked)


@routes.post("/login", status_code=204, response_class=Response)
def login(deps: DepsParam, request: Request, body: Login) -> Response:
    """Trades a key for an HttpOnly, SameSite=Strict session cookie of 12 hours."""
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        deps.authenticator.session(body.key.get_secret_value()),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@routes.post("/logout", status_code=204, response_class=Response)
def logout() -> Response:
    """Takes the session cookie back."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
