import fc from 'fast-check'
import type { Name } from '../support/story.ts'
import type { ResourceName } from './catalogue.ts'
import { TERMS } from './catalogue.ts'
import type { Way } from './deeds.ts'
import { WAYS, perform } from './deeds.ts'
import { look } from './look.ts'
import type { Plot } from './plot.ts'
import type { Deed, Seen } from './reference.ts'
import type { Stage } from './stage.ts'
import type { Step } from './step.ts'
import { step } from './step.ts'

const resource = fc.constantFrom<ResourceName>('grafana-prod', 'billing-db', 'warehouse')
const way = fc.constantFrom(...WAYS)
/** Whether the replica dies that takes it, after so many calls. */
const dies = fc.oneof(
  { weight: 11, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.nat(8) },
)
/** Counted from the newest that fits. */
const which = fc.nat(2)

/** What people do: those who may and those who may not, in every way that there is. */
export const peopleSteps: readonly fc.Arbitrary<Step>[] = [
  asking(),
  asking(),
  getting(),
  getting(),
  getting(),
  answering('approve', ['kim', 'sam', 'kim', 'ada', 'alex', 'eve']),
  answering('approve', ['kim', 'sam', 'ada']),
  answering('deny', ['kim', 'sam', 'ada', 'robin']),
  answering('cancel', ['alex', 'robin', 'sam', 'kim']),
  answering('end', ['alex', 'robin', 'sam', 'kim', 'ada', 'eve']),
  extending(),
  racing(),
]

function asking(): fc.Arbitrary<Step> {
  return fc
    .record({
      who: fc.constantFrom<Name>('alex', 'robin', 'sam', 'alex', 'robin', 'sam', 'eve'),
      resource,
      minutes: fc.constantFrom(60, 5, 120, 240),
      way,
      dies,
    })
    .map(({ who, resource, minutes, way, dies }) =>
      step(
        `${who} asks for ${resource} for ${minutes} minutes ${way}${dying(dies)}`,
        (plot) => mayAct(plot, way),
        async (plot, stage) => {
          plot.asked += 1
          await perform(stage, plot, { what: 'ask', who, resource, minutes }, way, dies)
        },
      ),
    )
}

/** Somebody asks, and as many people approve as it takes. */
function getting(): fc.Arbitrary<Step> {
  return fc
    .record({
      who: fc.constantFrom<Name>('alex', 'robin'),
      resource,
      minutes: fc.constantFrom(60, 5, 120),
      ways: fc.tuple(way, way, way),
    })
    .map(({ who, resource, minutes, ways: [ask, ...ways] }) => {
      const approvers = (['kim', 'sam'] as const).slice(0, TERMS[resource].approvals)
      return step(
        `${who} asks for ${resource} for ${minutes} minutes ${ask}; ${approvers.map((each, index) => `${each} approves ${ways[index]}`).join('; ')}`,
        (plot) => [ask, ...ways].every((each) => mayAct(plot, each)),
        async (plot, stage) => {
          plot.asked += 1
          await perform(stage, plot, { what: 'ask', who, resource, minutes }, ask)
          const { reason } = stage.done.at(-1) ?? {}
          const asked = (await look(stage.town)).seen.find((each) => each.reason === reason)
          if (asked === undefined) return
          for (const [index, approver] of approvers.entries())
            await perform(
              stage,
              plot,
              { what: 'approve', who: approver, id: asked.id },
              ways[index] ?? ask,
            )
        },
      )
    })
}

const VERBS = { approve: 'approves', deny: 'denies', cancel: 'cancels', end: 'ends' } as const
type Answer = keyof typeof VERBS

function answering(what: Answer, people: readonly Name[]): fc.Arbitrary<Step> {
  return fc
    .record({ who: fc.constantFrom(...people), which, way, dies })
    .map(({ who, which, way, dies }) =>
      step(
        `${who} ${VERBS[what]} ${numbered(which)} ${way}${dying(dies)}`,
        (plot) => plot.asked > 0 && mayAct(plot, way),
        async (plot, stage) => {
          const id = pick(stage, what, which)
          if (id !== undefined) await perform(stage, plot, { what, who, id }, way, dies)
        },
      ),
    )
}

function extending(): fc.Arbitrary<Step> {
  return fc
    .record({ which, minutes: fc.constantFrom(30, 60, 120), isHolder: fc.nat(5), way, dies })
    .map(({ which, minutes, isHolder, way, dies }) =>
      step(
        `${isHolder === 5 ? 'kim' : 'the holder'} wishes ${minutes} minutes more for ${numbered(which)} ${way}${dying(dies)}`,
        (plot) => plot.asked > 0 && mayAct(plot, way),
        async (plot, stage) => {
          const id = pick(stage, 'extend', which)
          const request = stage.seen.find((each) => each.id === id)
          if (request === undefined) return
          const who = isHolder === 5 ? 'kim' : request.who
          const deed: Deed = { what: 'extend', who, id: request.id, minutes }
          await perform(stage, plot, deed, way, dies)
        },
      ),
    )
}

/** Two people at the same moment, or one twice. */
function racing(): fc.Arbitrary<Step> {
  const deed = fc.record({
    what: fc.constantFrom<Answer>('approve', 'approve', 'deny', 'cancel', 'end'),
    who: fc.constantFrom<Name>('kim', 'sam', 'ada', 'alex', 'robin'),
    way: fc.constantFrom<Way>('by command', 'on the page'),
  })
  return fc.record({ one: deed, other: deed, which }).map(({ one, other, which }) =>
    step(
      `at once, ${one.who} ${VERBS[one.what]} ${one.way} and ${other.who} ${VERBS[other.what]} ${other.way}: ${numbered(which)}`,
      (plot) => plot.asked > 0 && mayAct(plot, one.way) && mayAct(plot, other.way),
      async (plot, stage) => {
        const id = pick(stage, one.what, which)
        if (id === undefined) return
        // Whoever comes second may find anything.
        stage.uncertain.add(id)
        await Promise.all(
          [one, other].map(({ what, who, way }) => perform(stage, plot, { what, who, id }, way)),
        )
      },
    ),
  )
}

/** While Slack is out nobody can do anything there. */
const mayAct = ({ running, wrong }: Readonly<Plot>, way: Way) =>
  running > 0 && (way === 'on the page' || !wrong.isSlackOut)

const dying = (calls: number | undefined) =>
  calls === undefined ? '' : `; the replica that takes it is killed ${calls} calls later`

const numbered = (which: number) =>
  ['the newest that fits', 'the last but one that fits', 'any request'][which] ?? ''

const FITS: Readonly<Record<Answer | 'extend', (request: Seen) => boolean>> = {
  approve: ({ status }) => status === 'pending',
  deny: ({ status }) => status === 'pending',
  cancel: ({ status }) => status === 'pending',
  end: ({ grant }) => grant?.state === 'granting' || grant?.state === 'active',
  extend: ({ grant, resource }) =>
    resource === 'warehouse' && (grant?.state === 'granting' || grant?.state === 'active'),
}

/** The request that somebody means: mostly one where it makes sense. */
function pick({ seen }: Stage, what: Answer | 'extend', which: number): string | undefined {
  const fitting = which === 2 ? [] : seen.filter(FITS[what])
  return (fitting.at(-1 - which) ?? fitting.at(-1) ?? seen.at(-1))?.id
}
