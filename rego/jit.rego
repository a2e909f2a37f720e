# An example to start from; README.md describes the documents. It works the same in an OPA server and compiled.
package jit

# Whatever is not version 1, and whatever goes wrong below, has no decision: then nobody is approved.
decision := object.union(basis, limits) if input.v == 1

basis := {
	"v": 1,
	"effect": effect,
	"reasons": sort(objections),
	"policy_version": data.organisation.policy_version,
}

# "allow": nobody has to answer. The bot goes by it only where the catalogue approves by itself too, or has
# rego_may_approve, and for emergency access.
default effect := "needs_approval"

effect := "deny" if {
	count(objections) > 0
} else := "allow" if {
	is_emergency
} else := "allow" if {
	is_harmless
}

# What is of high risk is opened in office hours.
objections contains {
	"code": "outside_office_hours",
	"text": "Access of high risk starts on working days from 8:00 to 18:00 in Brussels",
} if {
	is_sensitive
	not is_emergency
	not starts_in_office_hours
}

# What is of high risk has an incident. This needs share_reason in the catalogue.
objections contains {
	"code": "incident_missing",
	"text": "Name the incident in the reason, e.g. INC-42",
} if {
	is_sensitive
	not names_incident
}

# Nobody approves for their own team.
objections contains {
	"code": "own_team",
	"text": sprintf("You are both in team %s; somebody of another team has to approve", [team]),
} if {
	input.approver != null
	some team, members in data.organisation.teams
	input.approver.email in members
	input.requester.email in members
}

# An extension adds to what vendors have: only the sum shows how long that is.
objections contains {
	"code": "vendor_too_long",
	"text": "Vendors have access for four hours at most, extensions included",
} if {
	is_vendor
	input.request.extends != null
	not is_within_vendor_hours
}

# What is of high risk takes two people.
limits["required_approvals"] := 2 if {
	is_sensitive
	not is_emergency
}

# Vendors have four hours, from their own networks.
limits["max_duration_s"] := vendor_seconds if is_vendor

limits["constraints"] := [{"source_ip": data.organisation.vendor_networks}] if is_vendor

vendor_seconds := 4 * 3600

is_within_vendor_hours if {
	is_number(input.request.total_s)
	input.request.total_s <= vendor_seconds
}

is_sensitive if input.target.risk == "high"

is_emergency if input.request.kind == "break-glass"

is_vendor if input.request.kind == "sponsored"

is_harmless if {
	input.target.risk == "low"
	input.request.kind == "standard"
	input.requester.standing == "member"
	is_number(input.request.total_s)
	input.request.total_s <= 3600
	input.context.open_requests_of_requester < 3
}

names_incident if regex.match(`\bINC-[0-9]+\b`, input.request.reason)

starts_in_office_hours if {
	office := data.organisation.office
	moment := [starts_ns, office.zone]
	time.weekday(moment) in office.days
	[hour, _, _] := time.clock(moment)
	hour >= office.from_hour
	hour < office.until_hour
}

starts_ns := input.now.epoch_s * 1000000000 if input.request.starts_at == null

starts_ns := time.parse_rfc3339_ns(input.request.starts_at) if input.request.starts_at != null
