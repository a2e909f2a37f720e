package jit_test

import data.jit

# Monday, 2026-03-02, 10:00 in Brussels.
ask := {
	"v": 1,
	"stage": "request",
	"now": {"rfc3339": "2026-03-02T09:00:00Z", "epoch_s": 1772442000},
	"request": {
		"id": "A1B2C3D4",
		"kind": "standard",
		"resource": "grafana-prod",
		"level": null,
		"duration_s": 3600,
		"total_s": 3600,
		"starts_at": null,
		"reason_present": true,
		"reason": "INC-42 dashboards are red",
		"beneficiary": null,
		"extends": null,
		"created_at": "2026-03-02T09:00:00Z",
	},
	"target": {"id": "grafana-prod", "risk": "medium"},
	"requester": {"email": "alex@example.com", "standing": "member"},
	"approver": null,
	"approvals": [],
	"context": {"open_requests_of_requester": 0},
}

with_facts(facts) := object.union(ask, facts)

codes(facts) := {reason.code | some reason in reasons} if {
	reasons := jit.decision.reasons with input as with_facts(facts)
}

high := {"target": {"risk": "high"}}

test_people_approve_unless_told_otherwise if {
	jit.decision == {
		"v": 1,
		"effect": "needs_approval",
		"reasons": [],
		"policy_version": data.organisation.policy_version,
	} with input as ask
}

test_another_version_has_no_decision if {
	not jit.decision with input as with_facts({"v": 2})
}

test_low_risk_needs_nobody if {
	jit.decision.effect == "allow" with input as with_facts({"target": {"risk": "low"}})
}

test_low_risk_for_longer_needs_somebody if {
	facts := {"target": {"risk": "low"}, "request": {"duration_s": 3601, "total_s": 3601}}
	jit.decision.effect == "needs_approval" with input as with_facts(facts)
}

test_high_risk_needs_two if {
	jit.decision.required_approvals == 2 with input as with_facts(high)
}

test_high_risk_needs_an_incident if {
	codes(object.union(high, {"request": {"reason": "just looking"}})) == {"incident_missing"}
}

test_a_reason_that_is_not_shared_names_no_incident if {
	silent := object.union(object.remove(ask, ["request"]), {
		"request": object.remove(ask.request, ["reason"]),
		"target": {"risk": "high"},
	})
	jit.decision.effect == "deny" with input as silent
}

test_high_risk_waits_for_the_morning if {
	night := object.union(high, {"now": {"epoch_s": 1772478000}})
	codes(night) == {"outside_office_hours"}
}

test_the_start_counts_and_not_the_moment_of_asking if {
	weekend := object.union(high, {"request": {"starts_at": "2026-03-07T09:00:00Z"}})
	codes(weekend) == {"outside_office_hours"}
	tuesday := object.union(high, {"now": {"epoch_s": 1772478000}, "request": {"starts_at": "2026-03-03T09:00:00Z"}})
	codes(tuesday) == set()
}

test_office_hours_follow_the_summer if {
	# 2026-07-06 is a Monday; 06:30Z is 08:30 in summer, and 07:30 in winter it would be too early.
	codes(object.union(high, {"request": {"starts_at": "2026-07-06T06:30:00Z"}})) == set()
	codes(object.union(high, {"request": {"starts_at": "2026-03-03T06:30:00Z"}})) == {"outside_office_hours"}
}

test_an_emergency_does_not_wait if {
	night := object.union(high, {"now": {"epoch_s": 1772478000}, "request": {"kind": "break-glass"}})
	jit.decision.effect == "allow" with input as with_facts(night)
}

test_nobody_approves_for_their_own_team if {
	codes({"approver": {"email": "sam@example.com"}}) == {"own_team"}
	codes({"approver": {"email": "kim@example.com"}}) == set()
}

test_vendors_come_from_their_networks_and_not_for_long if {
	facts := {"request": {"kind": "sponsored"}}
	decision := jit.decision with input as with_facts(facts)
	decision.max_duration_s == 14400
	decision.constraints == [{"source_ip": data.organisation.vendor_networks}]
}

test_vendors_do_not_go_on_by_extensions if {
	extension := {"kind": "sponsored", "extends": "E1F2G3H4"}
	codes({"request": object.union(extension, {"total_s": 14400})}) == set()
	codes({"request": object.union(extension, {"total_s": 14401})}) == {"vendor_too_long"}
	codes({"request": object.union(extension, {"total_s": null})}) == {"vendor_too_long"}
}
