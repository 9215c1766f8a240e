"""A support desk of a SaaS company: a lead agent, two sub-agents, tools over a shop database, a retriever."""
