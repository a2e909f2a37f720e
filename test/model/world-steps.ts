import fc from 'fast-check'
import type { ResourceName } from './catalogue.ts'
import { TERMS } from './catalogue.ts'
import type { Stage } from './stage.ts'
import type { Step } from './step.ts'
import { step } from './step.ts'

const resource = fc.constantFrom<ResourceName>('grafana-prod', 'billing-db', 'warehouse')

const policyOf = ({ town }: Stage, name: ResourceName) =>
  town.pomerium.policyNamed(TERMS[name].policy)?.id ?? ''

export const time: fc.Arbitrary<Step> = fc
  .constantFrom(11, 31, 61, 301, 3_601, 14_401)
  .map((seconds) =>
    step(
      `${seconds} s go by`,
      () => true,
      (_plot, stage) => stage.advance(seconds),
    ),
  )

export const settling: fc.Arbitrary<Step> = fc.constant(
  step(
    'nothing happens until everybody is done',
    ({ running }) => running > 0,
    (plot, stage) => stage.settle(plot),
  ),
)

const FOREIGN = [
  { allow: { or: [{ domain: { is: 'partner.example' } }] } },
  { deny: { and: [{ source_ip: '198.51.100.0/24' }] } },
  { allow: { and: [{ email: { is: 'pat@partner.example' } }] } },
] as const

type Ppl = never[]

/** What an administrator does in Pomerium's console. */
export const consoleEdit: fc.Arbitrary<Step> = fc
  .record({ resource, edit: fc.constantFrom(...edits()) })
  .map(({ resource, edit: [words, edit] }) =>
    step(
      `in the console, somebody ${words} ${TERMS[resource].policy}`,
      () => true,
      (_plot, stage) => edit(stage, policyOf(stage, resource)),
      true,
    ),
  )

function edits(): readonly (readonly [string, (stage: Stage, policyId: string) => void])[] {
  return [
    ...FOREIGN.map(
      (rule) =>
        [
          `adds the rule ${JSON.stringify(rule)} to`,
          ({ town }: Stage, id: string) => {
            town.pomerium.edit(id, (policy) => {
              policy.ppl = [...asList(policy.ppl), rule] as Ppl
            })
          },
        ] as const,
    ),
    [
      'takes the last rule out of',
      ({ town }, id) => {
        town.pomerium.edit(id, (policy) => {
          policy.ppl = asList(policy.ppl).slice(0, -1) as Ppl
        })
      },
    ],
    [
      'puts the document before last back into',
      ({ town }, id) => {
        const old = town.pomerium.history.filter(({ policyId }) => policyId === id).at(-3)
        town.pomerium.edit(id, (policy) => {
          if (old?.policy !== undefined) policy.ppl = old.policy.ppl
        })
      },
    ],
    ...[true, false].map(
      (enforced) =>
        [
          enforced ? 'enforces everywhere' : 'enforces no more everywhere',
          ({ town }: Stage, id: string) => {
            town.pomerium.edit(id, (policy) => {
              policy.enforced = enforced
            })
          },
        ] as const,
    ),
  ]
}

const asList = (ppl: unknown): readonly unknown[] => (Array.isArray(ppl) ? ppl : [])

/** How Pomerium's clusters and change sets behave. */
export const cluster: fc.Arbitrary<Step> = fc.constantFrom(
  ...(
    [
      ['Pomerium’s change sets take long', ({ town }) => town.pomerium.setHoldChangesets(true)],
      [
        'somebody turns off that change sets are applied',
        ({ town }) => town.pomerium.setAutoApply(false),
      ],
      ['an administrator applies what is staged', ({ town }) => void town.pomerium.applyPending()],
      [
        'the next change set fails',
        (stage) => {
          stage.failuresOrdered += 1
          stage.town.pomerium.failNextChangeset()
        },
      ],
      ['the cluster goes offline', ({ watch }) => watch.setClusterOnline(false)],
      ['Pomerium forgets its ID tokens', ({ town }) => town.pomerium.revokeIdTokens()],
      ['late writes land', ({ town }) => void town.pomerium.landLateWrites()],
      [
        'change sets that took long are applied',
        ({ town }) => void town.pomerium.settleChangesets(),
      ],
    ] satisfies readonly (readonly [string, (stage: Stage) => void])[]
  ).map(([words, happen]) =>
    step(
      words,
      () => true,
      (plot, stage) => {
        plot.wrong.pomerium += 1
        happen(stage)
      },
      true,
    ),
  ),
)

export const restarting: fc.Arbitrary<Step> = fc.constant(
  step(
    'what was killed is started again',
    ({ running, wrong }) =>
      running < 2 && !wrong.isSlackOut && wrong.slack === 0 && !wrong.database,
    (plot, stage) => stage.startMissing(plot),
  ),
)

/** What happens to the replicas, and to their connections to the database. */
export const processes: fc.Arbitrary<Step> = fc.nat(1).chain((nth) =>
  fc.constantFrom(
    step(
      `replica ${nth + 1} is killed`,
      ({ running }) => running > nth,
      (plot, stage) => {
        const replica = stage.replicas.running[nth]
        if (replica === undefined) return
        plot.running -= 1
        stage.mayRepeat = true
        stage.replicas.kill(replica)
      },
      true,
    ),
    step(
      `replica ${nth + 1} is stopped and started again`,
      ({ running, wrong }) =>
        running > nth && !wrong.isSlackOut && wrong.slack === 0 && !wrong.database,
      async (plot, stage) => {
        const replica = stage.replicas.running[nth]
        if (replica === undefined) return
        await stage.replicas.stop(replica)
        plot.running -= 1
        await stage.startMissing(plot)
      },
      true,
    ),
    step(
      `replica ${nth + 1} loses its connections to the database`,
      ({ running }) => running > nth,
      (_plot, stage) => {
        stage.replicas.running[nth]?.roads.database.cut()
        stage.isShaken = true
        stage.mayRepeat = true
      },
      true,
    ),
    step(
      nth === 0 ? 'the database is not reached any more' : 'the database does not answer any more',
      ({ wrong }) => !wrong.database,
      (plot, stage) => {
        plot.wrong.database = true
        stage.mayRepeat = true
        for (const { roads } of stage.replicas.running)
          if (nth === 0) roads.database.close()
          else roads.database.freeze()
      },
      true,
    ),
  ),
)
