import { formatDuration } from '../domain/duration.ts'
import type { AutomaticRule, Resource, Stage } from '../domain/resource.ts'
import type { Effect, Report } from './diff-parts.ts'
import { lists, numbers, peopleSets, plain, without } from './diff-parts.ts'
import { limitText, peopleText, stageText } from './people-text.ts'
import { constraintKey } from './terms.ts'

/** What changes for one resource, or one of its levels. */
export function diffTerms(before: Resource, after: Resource, report: Report): void {
  plain(report, 'title of the level', before.level?.title, after.level?.title)
  plain(report, 'risk', before.risk, after.risk)
  peopleSets(report, 'may ask', before.requesters, after.requesters)
  diffStages(before.stages, after.stages, report)
  diffEscalation(before, after, report)
  diffTimes(before, after, report)
  diffReason(before, after, report)
  diffConstraints(before, after, report)
  diffExtension(before, after, report)
  diffAutomatic(before.automatic, after.automatic, report)
  diffBreakGlass(before, after, report)
  diffVendors(before, after, report)
  diffStepUp(before, after, report)
}

function seconds(report: Report, label: string, before: number, after: number, more: Effect): void {
  numbers(report, label, before, after, { more, show: formatDuration })
}

function diffStages(before: readonly Stage[], after: readonly Stage[], report: Report): void {
  const isStaged = before.length > 1 || after.length > 1
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    const [was, is] = [before[index], after[index]]
    const name = isStaged ? `stage ${index + 1}` : 'approval'
    if (was !== undefined && is !== undefined) diffStage(was, is, name, report)
    else if (is !== undefined) report('narrower', `${name} is needed too: ${stageText(is)}`)
    else if (was !== undefined) report('wider', `${name} is not needed any more: ${stageText(was)}`)
  }
}

function diffStage(before: Stage, after: Stage, name: string, report: Report): void {
  plain(report, `${name}: title`, before.title, after.title)
  const show = (count: number) => String(count)
  numbers(report, `${name}: approvals`, before.approvals, after.approvals, {
    more: 'narrower',
    show,
  })
  peopleSets(report, `${name}: may answer`, before.approvers, after.approvers)
  peopleSets(
    report,
    `${name}: may answer silently`,
    before.silent ?? NOBODY,
    after.silent ?? NOBODY,
  )
}

const NOBODY = { groups: [], users: [], emails: [], domains: [], everyone: false }

function diffEscalation(before: Resource, after: Resource, report: Report): void {
  const [was, is] = [before.escalation, after.escalation]
  if (was !== undefined && is !== undefined) {
    seconds(report, 'escalate.after', was.afterSeconds, is.afterSeconds, 'narrower')
    peopleSets(report, 'may answer after that', was.to, is.to)
  } else if (is !== undefined)
    report('wider', `after ${formatDuration(is.afterSeconds)} may answer too: ${peopleText(is.to)}`)
  else if (was !== undefined) report('narrower', 'nobody is asked later any more')
}

function diffTimes(before: Resource, after: Resource, report: Report): void {
  const [was, is] = [before.duration, after.duration]
  seconds(report, 'duration.max', was.maxSeconds, is.maxSeconds, 'wider')
  seconds(report, 'duration.default', was.defaultSeconds, is.defaultSeconds, 'changed')
  const [had, has] = [was.choices.map(formatDuration), is.choices.map(formatDuration)]
  if (had.length > 0 && has.length > 0) lists(report, 'duration.choices', had, has)
  else if (has.length > 0) report('narrower', `duration.choices: only ${has.join(', ')}`)
  else if (had.length > 0) report('wider', 'duration.choices: any duration up to the maximum')
  numbers(report, 'schedule', before.scheduleSeconds, after.scheduleSeconds, {
    more: 'wider',
    show: (value) => (value === 0 ? 'off' : formatDuration(value)),
  })
  seconds(report, 'lapse', before.lapseSeconds, after.lapseSeconds, 'changed')
  const shown = (value: number | undefined) =>
    value === undefined ? undefined : formatDuration(value)
  plain(report, 'remind', shown(before.remindSeconds), shown(after.remindSeconds))
}

function diffReason({ reason: was }: Resource, { reason: is }: Resource, report: Report): void {
  const show = (count: number) => String(count)
  numbers(report, 'reason.min', was.minLength, is.minLength, { more: 'narrower', show })
  const [had, has] = [was.pattern?.source, is.pattern?.source]
  if (had === undefined && has !== undefined) report('narrower', `reason.pattern is ${has}`)
  else if (had !== undefined && has === undefined)
    report('wider', `reason.pattern is not given, was ${had}`)
  else plain(report, 'reason.pattern', had, has)
  plain(report, 'reason.hint', was.hint, is.hint)
}

function diffConstraints(before: Resource, after: Resource, report: Report): void {
  const texts = ({ constraints }: Resource) =>
    new Map(constraints.map((one) => [constraintKey(one), JSON.stringify(one)]))
  const [was, is] = [texts(before), texts(after)]
  for (const key of without([...is.keys()], [...was.keys()]))
    report('narrower', `constraint ${is.get(key)} is new`)
  for (const key of without([...was.keys()], [...is.keys()]))
    report('wider', `constraint ${was.get(key)} is gone`)
}

function diffExtension(before: Resource, after: Resource, report: Report): void {
  const [was, is] = [before.extension, after.extension]
  const show = (count: number) => String(count)
  if (was !== undefined && is !== undefined) {
    numbers(report, 'extend.times', was.times, is.times, { more: 'wider', show })
    seconds(report, 'extend.max', was.maxSeconds, is.maxSeconds, 'wider')
  } else if (is !== undefined)
    report('wider', `can be extended ${is.times} times by ${formatDuration(is.maxSeconds)}`)
  else if (was !== undefined) report('narrower', 'cannot be extended any more')
}

function diffAutomatic(
  before: readonly AutomaticRule[],
  after: readonly AutomaticRule[],
  report: Report,
): void {
  const named = (rules: readonly AutomaticRule[]) => new Map(rules.map((r) => [r.name, r]))
  const [had, has] = [named(before), named(after)]
  for (const [name, rule] of has) {
    const was = had.get(name)
    const who = rule.requesters === undefined ? 'whoever may ask' : peopleText(rule.requesters)
    if (was !== undefined) diffRule(was, rule, report)
    else
      report(
        'wider',
        `${name} lets in without an approver: ${who} for up to ${formatDuration(rule.maxSeconds)}${rule.limit === undefined ? '' : `, at most ${limitText(rule.limit)}`}`,
      )
  }
  for (const name of had.keys())
    if (!has.has(name)) report('narrower', `${name} lets nobody in any more`)
}

function diffRule(before: AutomaticRule, after: AutomaticRule, report: Report): void {
  const { name } = after
  if (before.requesters !== undefined && after.requesters !== undefined)
    peopleSets(report, `${name} lets in`, before.requesters, after.requesters)
  seconds(report, `${name}: max`, before.maxSeconds, after.maxSeconds, 'wider')
  const [was, is] = [before.limit, after.limit]
  const [had, has] = [was, is].map((limit) => limit && limitText(limit))
  if (had === has) return
  // A count in a longer time is fewer.
  const isMore =
    is === undefined || (was !== undefined && is.count >= was.count && is.seconds <= was.seconds)
  const isLess =
    was === undefined || (is !== undefined && is.count <= was.count && is.seconds >= was.seconds)
  const effect = isMore ? 'wider' : isLess ? 'narrower' : 'changed'
  report(effect, `${name}: limit is ${has ?? 'not given'}, was ${had ?? 'not given'}`)
}

function diffBreakGlass(before: Resource, after: Resource, report: Report): void {
  const [was, is] = [before.breakGlass, after.breakGlass]
  if (was !== undefined && is !== undefined) {
    peopleSets(report, 'in an emergency', was.requesters, is.requesters)
    seconds(report, 'break_glass.max', was.maxSeconds, is.maxSeconds, 'wider')
    seconds(report, 'break_glass.review', was.reviewSeconds, is.reviewSeconds, 'changed')
  } else if (is !== undefined)
    report(
      'wider',
      `in an emergency: ${peopleText(is.requesters)} for up to ${formatDuration(is.maxSeconds)}`,
    )
  else if (was !== undefined) report('narrower', 'in an emergency: nobody any more')
}

function diffStepUp(before: Resource, after: Resource, report: Report): void {
  if (before.needsStepUp === after.needsStepUp) return
  if (after.needsStepUp) report('narrower', 'step_up: a Slack account alone opens it no longer')
  else report('wider', 'step_up: a Slack account alone may open it')
}

function diffVendors(before: Resource, after: Resource, report: Report): void {
  const [was, is] = [before.vendors, after.vendors]
  if (was !== undefined && is !== undefined) {
    peopleSets(report, 'vendors', was.people, is.people)
    peopleSets(report, 'sponsors of vendors', was.sponsors, is.sponsors)
  } else if (is !== undefined)
    report('wider', `vendors: ${peopleText(is.people)}, sponsored by ${peopleText(is.sponsors)}`)
  else if (was !== undefined) report('narrower', 'vendors: none any more')
}
