"""Every call the client knows, against the sandbox; its own models judge the answers."""
import sys

import nutshell as n
from nutshell.entities import CreateActivity, FindActivitiesQuery, FindLeadsQuery, FindLeadsQueryStatus
from nutshell.methods import (DeleteActivity, EditActivity, EditLead, FindActivities, FindActivityTypes, FindLeads,
                              FindMilestones, FindStagesets, FindTeams, FindUsers, GetActivity, GetAnalyticsReport,
                              GetLead, GetUser, NewActivity)
from nutshell.nutshell_api import NutshellAPI

NutshellAPI.URL = sys.argv[1]
api = NutshellAPI("sandbox", "sandbox")


def ask(method):
    api.api_calls = method
    return api.call_api().result


users = ask(FindUsers())
assert len(users) == 8, users
assert ask(GetUser()).emails == ["migration@sandbox.example"]
assert ask(GetUser(user_id=users[0].id)).id == users[0].id
assert ask(FindTeams())[0].name == "Sales team"
kinds = ask(FindActivityTypes())
assert "Phone call" in [kind.name for kind in kinds]
assert len(ask(FindStagesets())) == 4
assert len(ask(FindMilestones())) == 13
leads = ask(FindLeads(query=FindLeadsQuery(status=FindLeadsQueryStatus.OPEN)))
assert len(leads) == 3
assert len(ask(FindLeads(stub_responses=False))) == 3
lead = ask(GetLead(lead_id=leads[0].id))
changed = ask(EditLead(lead_id=lead.id, rev=lead.rev, lead={"confidence": 70, "assignee": {"entityType": "Users", "id": users[0].id}}))
assert changed.confidence == 70 and changed.assignee.id == users[0].id
made = ask(NewActivity(activity=CreateActivity(
    name="From the public client", description="d", activity_type_id=kinds[0].id, start_time="2024-03-30T10:00:00Z",
    end_time="2024-03-30T10:30:00Z", participants=[{"entityType": "Users", "id": users[0].id}])))
assert ask(GetActivity(activity_id=made.id)).name == "From the public client"
found = ask(FindActivities(query=FindActivitiesQuery(user_id=[users[0].id])))
assert [one.id for one in found] == [made.id]
assert ask(FindActivities(stub_responses=False))[0].id == made.id
edited = ask(EditActivity(activity_id=made.id, rev=made.rev, activity={"name": "Renamed", "status": 1}))
assert edited.name == "Renamed" and edited.status == 1 and edited.rev != made.rev
report = ask(GetAnalyticsReport(report_type="Effort", period="-d30"))
assert report.period_description
assert ask(DeleteActivity(activity_id=made.id, rev=edited.rev)) is True
assert ask(FindActivities()) == []
api.api_calls = [FindUsers(), FindTeams()]
assert len(api.call_api()) == 2
print("all good")
