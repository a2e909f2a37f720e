import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { startSiem } from './simulators/siem/start-siem.ts'
import { eventually } from './support/eventually.ts'
import { startHouse, startTown } from './support/house.ts'
import { scrape } from './support/metrics.ts'
import type { Sample } from './support/promql.ts'
import { matches, samplesOf, usesOf } from './support/promql.ts'
import { storyOf } from './support/story.ts'

const text = z.string().min(1)
const duration = z.string().regex(/^\d+[smh]$/)

/** https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
const RULES = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: text,
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Jit[A-Za-z]+$/),
          expr: text,
          for: duration.optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: z.strictObject({ summary: text, description: text }),
        }),
      ),
    }),
  ),
})

const TARGET = z.object({ refId: text, expr: text, legendFormat: text })
/** https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
const DASHBOARD = z.object({
  uid: text,
  title: text,
  schemaVersion: z.number().int().min(36),
  templating: z.object({ list: z.array(z.object({ name: text, type: text, query: text })) }),
  panels: z.array(
    z.object({
      id: z.number().int(),
      type: z.enum(['row', 'stat', 'timeseries']),
      title: text,
      gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      datasource: z.object({ type: z.literal('prometheus'), uid: text }).optional(),
      fieldConfig: z.object({ defaults: z.object({ unit: text }) }).optional(),
      targets: z.array(TARGET).optional(),
    }),
  ),
})

const opsFile = (name: string) => readFileSync(new URL(`../ops/${name}`, import.meta.url), 'utf8')
/** What Prometheus adds to every sample, and the metric that it makes itself. */
const OF_SCRAPES = new Set(['job', 'instance'])
const BY_PROMETHEUS = 'up'

const rules = RULES.parse(parse(opsFile('prometheus-rules.yml'))).groups.flatMap(
  (group) => group.rules,
)
const dashboard = DASHBOARD.parse(JSON.parse(opsFile('grafana-dashboard.json')))

describe('the ready-made alerts and dashboard', () => {
  let samples: readonly Sample[]
  before(async () => {
    await using siem = await startSiem({ token: 'siem-secret-token-4711' })
    const town = await startTown({ pages: true })
    const config = {
      ...town.config,
      siem: { url: siem.url, token: 'siem-secret-token-4711', format: 'jsonl' as const },
      metricsPort: 0,
    }
    await using house = await startHouse({ town: { ...town, config } })
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 dashboards are red')
    await story.refusedClick('eve', id, 'approve')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    assert.equal((await house.pages.as('alex').get('/')).status, 200)
    assert.equal((await fetch(`http://127.0.0.1:${house.bot.port}/`)).status, 401)
    const page = await eventually('the audit trail was looked at', async () => {
      const read = await scrape(house.logged)
      return read.includes('jit_audit_looked_at_seconds') ? read : undefined
    })
    samples = samplesOf(page)
  })

  const expressions = [
    ...rules.map(({ alert, expr }) => [alert, expr] as const),
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [title, expr] as const),
    ),
  ]
  for (const [name, expression] of expressions)
    it(`name what a running house exports: ${name}: ${expression}`, () => {
      for (const { metric, matchers, by } of usesOf(expression)) {
        if (metric === BY_PROMETHEUS) continue
        const found = samples.filter((sample) => sample.metric === metric)
        assert.notEqual(found.length, 0, `${metric} is not exported`)
        const ours = matchers.filter(({ label }) => !OF_SCRAPES.has(label))
        for (const label of [...by, ...ours.map(({ label }) => label)])
          assert.ok(
            OF_SCRAPES.has(label) || found.every(({ labels }) => labels.has(label)),
            `${metric} has no label ${label}`,
          )
        // What excludes may leave nothing over; what names must name something.
        const naming = ours.filter(({ operator }) => !operator.startsWith('!'))
        assert.ok(
          found.some((sample) => matches(sample, naming)),
          `${metric} has no such sample`,
        )
      }
    })

  it('fire for nothing in a house where all is well', () => {
    // Of those that compare one number with another, which is all that this reads.
    const plain =
      /^(?:(?:max|min)(?: by \(\w+\))? ?\()?(jit_\w+)(?:\{part="(\w+)"\})?\)? (>|==) ([\d.]+)$/
    const read = rules.flatMap(({ alert, expr }) => {
      const [, metric, part, comparison, limit] = plain.exec(expr) ?? []
      if (metric === undefined) return []
      const values = samples
        .filter((each) => each.metric === metric)
        .filter(({ labels }) => part === undefined || labels.get('part') === part)
        .map(({ value }) => value)
      const fires = (value: number) =>
        comparison === '>' ? value > Number(limit) : value === Number(limit)
      assert.ok(values.length > 0 && !values.some(fires), `${alert}: ${values.join()}`)
      return [alert]
    })
    assert.ok(read.length >= 10, read.join())
  })

  it('have names of their own, panels that do not overlap, and one data source to choose', () => {
    const names = rules.map(({ alert }) => alert)
    assert.equal(new Set(names).size, names.length)
    const ids = dashboard.panels.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    const cells = new Set<string>()
    for (const { title, gridPos } of dashboard.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < 24 && !cells.has(`${x} ${y}`), `${title} overlaps`)
          cells.add(`${x} ${y}`)
        }
    assert.deepEqual(
      dashboard.templating.list.map(({ name, type, query }) => [name, type, query]),
      [['datasource', 'datasource', 'prometheus']],
    )
    for (const { type, title, datasource, targets = [] } of dashboard.panels) {
      assert.equal(datasource?.uid, type === 'row' ? undefined : '${datasource}', title)
      assert.equal(targets.length === 0, type === 'row', title)
    }
  })

  it('say in words nothing that their expression does not keep', () => {
    for (const { alert, expr, annotations } of rules)
      for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
        for (const { by } of usesOf(expr))
          assert.ok(by.length === 0 ? OF_SCRAPES.has(label) : by.includes(label), alert)
  })

  it('cover what an operator must not miss', () => {
    const names = new Set(rules.map(({ alert }) => alert))
    for (const wanted of [
      'JitRevocationUnconfirmed',
      'JitPolicyBlocked',
      'JitWorkBlocked',
      'JitWorkOverdue',
      'JitTimeToInForceHigh',
      'JitSlackErrors',
      'JitPomeriumErrors',
      'JitAuditTrailBroken',
      'JitAuditStreamBehind',
      'JitEventLoopLag',
      'JitClockSkew',
      'JitNotReady',
      'JitDown',
    ])
      assert.ok(names.has(wanted), wanted)
  })
})

describe('usesOf', () => {
  it('reads what alerts are written in', () => {
    const uses = usesOf(
      'histogram_quantile(0.99, sum by (le) (rate(a_bucket{b!~"x|y", c="z"}[5m]))) > 30 or -time() - max(d) >= 3 * 3600',
    )
    assert.deepEqual(uses, [
      {
        metric: 'a_bucket',
        matchers: [
          { label: 'b', operator: '!~', value: 'x|y' },
          { label: 'c', operator: '=', value: 'z' },
        ],
        by: ['le'],
      },
      { metric: 'd', matchers: [], by: [] },
    ])
  })

  for (const wrong of [
    'max(a',
    'max(a))',
    'rate(a)',
    'rat(a[5m])',
    'a{b=}',
    'a{b~"c"}',
    'a{b=~"("}',
    'sum by le (a)',
    'a >',
    'a[5m]',
    'a b',
    'a > 5 %',
    'increase(a[5])',
    '',
  ])
    it(`takes nothing else: ${wrong}`, () => {
      assert.throws(() => usesOf(wrong))
    })
})
