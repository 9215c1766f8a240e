"""Functions user SQL may call: pure functions of their arguments and aggregates. All names in lower case."""

from __future__ import annotations

from typing import Final

_AGGREGATES: Final = """
    count sum avg min max any anylast argmin argmax uniq uniqexact uniqcombined uniqhll12 median quantile
    quantiles quantileexact quantileexactinclusive quantileexactexclusive quantiletdigest quantiletiming
    stddevpop stddevsamp varpop varsamp variance stddev covarpop covarsamp corr grouparray groupuniqarray
    grouparraysample topk topkweighted sumwithoverflow summap minmap maxmap skewpop skewsamp kurtpop kurtsamp
    entropy histogram simplelinearregression approxdistinct approx_distinct array_agg arrayagg string_agg
    groupconcat countif sumif avgif approxquantile
"""
_WINDOWS: Final = """
    row_number rank dense_rank denserank rownumber lag lead laginframe leadinframe first_value last_value
    firstvalue lastvalue nth_value ntile percent_rank
"""
_NUMBERS: Final = """
    abs sign floor ceil ceiling round truncate trunc exp log ln log2 log10 sqrt cbrt pow power sin cos tan asin
    acos atan atan2 pi greatest least intdiv intdivorzero modulo mod positivemodulo plus minus multiply divide
    negate gcd lcm isnan isfinite isinfinite bitand bitor bitxor bitnot bitshiftleft bitshiftright widthbucket
    width_bucket
"""
_TEXTS: Final = """
    length lengthutf8 char_length character_length lower upper lowerutf8 upperutf8 lcase ucase substring
    substringutf8 substr mid left right leftutf8 rightutf8 position positionutf8 positioncaseinsensitive
    strposition locate startswith endswith starts_with ends_with startswithutf8 endswithutf8 concat
    concatwithseparator concat_ws concatws replace replaceone replaceall replaceregexpone replaceregexpall
    regexpreplace regexp_replace regexpextract regexp_extract match like ilike notlike regexplike extract
    extractall extractallgroups countsubstrings countmatches splitbychar splitbystring splitbyregexp
    splitbynonalpha split alphatokens hastoken trim trimleft trimright ltrim rtrim trimboth reverse reverseutf8
    format hex unhex lowerhex md5 sha1 sha256 cityhash64 siphash64 xxhash64 base64encode base64decode tobase64
    frombase64 isvalidutf8 tovalidutf8 empty notempty multisearchany levenshtein editdistance
    multisearchanycaseinsensitive ascii char chr initcap
"""
_TIMES: Final = """
    todate todate32 todatetime todatetime64 toyear toquarter tomonth todayofyear todayofmonth todayofweek tohour
    tominute tosecond toisoweek toyyyymm toyyyymmdd tostartofyear tostartofquarter tostartofmonth tostartofweek
    tostartofday tostartofhour tostartofminute tostartofsecond tostartoffiveminutes tostartoftenminutes
    tostartoffifteenminutes tostartofinterval datetrunc date_trunc datediff date_diff dateadd date_add datesub
    date_sub adddays addhours addminutes addseconds addweeks addmonths subtractdays subtracthours
    subtractminutes subtractseconds now now64 today yesterday tounixtimestamp tounixtimestamp64milli
    tounixtimestamp64micro tounixtimestamp64nano age fromunixtimestamp64nano fromunixtimestamp64milli
    formatdatetime parsedatetime parsedatetimebesteffort parsedatetime64besteffort year month day week hour
    minute second quarter dayofweek dayofmonth dayofyear timestamptrunc timestamp_trunc timestampadd
    timestampdiff timestampsub datesub currenttimestamp currentdate current_timestamp current_date extract
"""
_CASTS: Final = """
    cast toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64 tofloat32 tofloat64 tostring tobool
    toint64ornull toint64orzero tofloat64ornull tofloat64orzero toint32ornull touint64ornull touint64orzero
    todecimal64 todatetimeornull tonullable accuratecastornull totypename reinterpretasstring tocolumntypename
"""
_CHOICES: Final = """
    if multiif case coalesce ifnull nullif isnull isnotnull assumenotnull isnulldistinct and or not xor equals
    notequals less greater lessorequals greaterorequals isdistinctfrom transform
"""
_ARRAYS: Final = """
    array arrayjoin arraymap arrayfilter arrayexists arrayall arraycount arraysum arrayavg arraymin arraymax
    arraysort arrayreversesort arrayreverse arrayconcat arrayslice arraydistinct arrayuniq arrayfirst arraylast
    arrayfirstindex arrayelement arraypushback arraypushfront arraystringconcat arraytostring array_to_string
    arrayenumerate arrayzip arrayflatten arraycompact arraycumsum arraydifference arrayintersect arraycontains
    arraysize arrayany has hasany hasall indexof tuple tupleelement map mapkeys mapvalues mapcontains
    mapfromarrays range array_concat array_contains
"""
_JSON: Final = """
    jsonextract jsonextractstring jsonextractint jsonextractuint jsonextractfloat jsonextractbool jsonextractraw
    jsonextractarrayraw jsonextractkeysandvalues jsonextractkeysandvaluesraw jsonextractkeys jsonhas jsonlength
    jsontype jsonkey isvalidjson json_value json_query json_exists simplejsonextractstring simplejsonextractint
    simplejsonextractfloat simplejsonhas tojsonstring jsonvalue
"""
FUNCTIONS: Final = frozenset(
    " ".join((_AGGREGATES, _WINDOWS, _NUMBERS, _TEXTS, _TIMES, _CASTS, _CHOICES, _ARRAYS, _JSON)).lower().split()
)
"""The allow-list. Nothing here reads a file, a setting, a table by name, the network or the clock of another row."""

COMBINATORS: Final = ("if", "array", "map", "distinct", "ornull", "ordefault", "foreach", "argmin", "argmax")
"""Suffixes an aggregate may carry, for example ``sumIf``."""
