import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { request } from 'undici'
import type { AccessWindow, AuditCases, AuditFilter, AuditPage } from '../../src/app/audit-cases.ts'
import type { TrailExport } from '../../src/app/audit-export.ts'
import { verifyFile } from '../../src/trail/verify-file.ts'
import { chainOf, exportOf } from '../support/chain.ts'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { RequestId, ResourceId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { auditPages } from '../../src/web/audit-pages.ts'
import { alex } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import type { Stage } from './site-stage.ts'
import { FORM, FROM_HERE, startSite, visitorOf } from './site-stage.ts'

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\u202eevil`
const AT = new Date('2026-11-20T14:05:12.345Z')

const anEvent = (facts: Partial<RecordedEvent> = {}): RecordedEvent => ({
  seq: 7,
  schemaVersion: 1,
  hash: 'ab'.repeat(32),
  at: AT,
  action: 'request.created',
  actor: { kind: 'person', identity: { ...alex, email: 'alex@example.com' } },
  via: 'command',
  requestId: 'A1B2C3D4' as RequestId,
  requestVersion: 1,
  resourceId: 'grafana-prod' as ResourceId,
  alert: false,
  details: { durationSeconds: 3_600, reason: 'INC-42 dashboards are red' },
  ...facts,
})

const aWindow = (facts: Partial<AccessWindow> = {}): AccessWindow => ({
  requestId: 'A1B2C3D4' as RequestId,
  resourceId: 'grafana-prod' as ResourceId,
  email: 'alex@example.com',
  from: new Date('2026-11-20T13:00:00Z'),
  to: new Date('2026-11-20T14:00:00Z'),
  isOver: true,
  ...facts,
})

const aPage = (facts: Partial<AuditPage> = {}): AuditPage => ({
  events: [anEvent()],
  windows: [],
  status: { isAppendOnly: true, lastSeq: 9, lastAt: AT, lastHash: 'ab'.repeat(32) },
  ...facts,
})

interface Trail {
  readonly page?: AuditPage
  readonly batches?: () => TrailExport['batches']
  readonly refuse?: true
  readonly stalledMs?: number
}

/** The site with the pages of a trail, and what they asked it for. */
async function open(trail: Trail = {}) {
  const asked: (readonly [AuditFilter, number | string | undefined])[] = []
  const refusal = { ok: false, refusal: { code: 'not-an-auditor' } } as const
  const cases: AuditCases = {
    async auditPage(_visitor, filter, before) {
      asked.push([filter, before])
      return trail.refuse ? refusal : { ok: true, value: trail.page ?? aPage() }
    },
    async auditExport(_visitor, filter, format) {
      asked.push([filter, format])
      if (trail.refuse) return refusal
      const batches = trail.batches?.() ?? batchesOf([])
      return { ok: true, value: exportOf(batches) }
    },
  }
  const stage = await startSite({
    pages: [auditPages],
    cases,
    ...(trail.stalledMs === undefined ? {} : { stalledMs: trail.stalledMs }),
    visit: async (assertion) => ({
      ok: true,
      value: { ...visitorOf(assertion), mayAudit: true },
    }),
  })
  return { stage, asked, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() }
}

async function* batchesOf(events: readonly RecordedEvent[]) {
  const chained = chainOf(events)
  yield chained.slice(0, 4)
  yield chained.slice(4)
}

const aThousand = chainOf(Array.from({ length: 1_000 }, () => anEvent()))

/** A trail without an end, a thousand events at a time. */
async function* endless() {
  for (let after = 0; ; after += aThousand.length)
    yield aThousand.map((event) => ({ ...event, seq: after + event.seq }))
}

async function* linesIn(text: string) {
  yield* text.trimEnd().split(/\r?\n/)
}

/** An export of which nothing was taken yet but its head. */
async function begun(stage: Stage, as = 'alex') {
  const token = await stage.token('/audit', as)
  const answer = await request(`http://127.0.0.1:${stage.port}/audit/export`, {
    method: 'POST',
    headers: { 'content-type': FORM, 'x-test-identity': as, ...FROM_HERE },
    body: new URLSearchParams({ _token: token, format: 'jsonl' }).toString(),
  })
  // Its end is a cut, sooner or later.
  answer.body.on('error', () => {})
  return answer
}

const exported = async (stage: Stage, fields: Readonly<Record<string, string>>) =>
  stage.send('/audit/export', { _token: await stage.token('/audit'), ...fields })

describe('GET /audit', () => {
  it('says what happened, when, who did it and where, with links to more of it', async () => {
    await using site = await open()
    const { status, text } = await site.stage.ask('/audit')
    assert.equal(status, 200)
    assert.match(text, /alex@example\.com asked for 1 h/)
    assert.match(text, /<time[^>]* datetime="2026-11-20T14:05:12\.345Z">2026-11-20 14:05:12Z</)
    assert.match(text, /<a\s+href="\/audit\?person=alex%40example\.com">alex@example\.com<\/a>/)
    assert.match(text, /<a\s+href="\/audit\?resource=grafana-prod"/)
    assert.match(text, /<a\s+href="\/requests\/A1B2C3D4"/)
    assert.match(text, /by a command in Slack/)
    assert.match(
      text,
      /the last is number 9, of\s+2026-11-20 14:05:12Z\. The chain has not been verified since/,
    )
  })

  it('shows hostile words as words', async () => {
    const identity = {
      teamId: 'T1' as SlackTeamId,
      userId: HOSTILE as SlackUserId,
      email: HOSTILE,
      subject: HOSTILE,
    }
    const hostile = anEvent({
      actor: { kind: 'person', identity },
      resourceId: HOSTILE as ResourceId,
      requestId: HOSTILE as RequestId,
      details: { [HOSTILE]: HOSTILE, reason: HOSTILE, deep: { [HOSTILE]: [HOSTILE] } },
    })
    const windows = [
      aWindow({
        email: HOSTILE,
        resourceId: HOSTILE as ResourceId,
        requestId: HOSTILE as RequestId,
        from: new Date(Date.now() - 60_000),
        to: new Date(Date.now() + 60_000),
      }),
    ]
    await using site = await open({ page: aPage({ events: [hostile], windows }) })
    const { text } = await site.stage.ask('/audit')
    assert.ok(text.split('&lt;script&gt;').length > 5)
    assert.doesNotMatch(text, /<script|<img|\u202e/)
    assert.doesNotMatch(text, /style="/)
  })

  it('passes the filter of the address on, and keeps it in the fields and for the next page', async () => {
    await using site = await open({ page: aPage({ next: 41 }) })
    const query =
      'from=2026-11-20&to=2026-11-20T14%3A05&person=Alex%40Example.com&resource=grafana-prod&action=request.denied&request=a1b2c3d4'
    const { text } = await site.stage.ask(`/audit?${query}&before=99`)
    const filter = {
      from: new Date('2026-11-20T00:00:00Z'),
      to: new Date('2026-11-20T14:05:00Z'),
      person: { email: 'Alex@Example.com' },
      resourceId: 'grafana-prod',
      action: 'request.denied',
      requestId: 'A1B2C3D4',
    }
    assert.deepEqual(site.asked, [[filter, 99]])
    assert.match(text, /value="Alex@Example\.com"/)
    const next = /rel="next" href="([^"]+)"/.exec(text.replace(/\s+/g, ' '))?.[1] ?? ''
    await site.stage.ask(next.replaceAll('&amp;', '&'))
    assert.deepEqual(site.asked[1], [filter, 41])
  })

  for (const [query, sentence] of [
    ['from=yesterday', 'Give a day such as'],
    ['to=2026-02-30', 'Give a day such as'],
    ['from=2026-11-20&to=2026-11-20', 'Give a time after'],
    ['person=alex', 'Give an e-mail address'],
    ['resource=Grafana%20prod', 'Give the id of a resource'],
    ['action=request.*', 'Give an action such as'],
    ['request=12', 'Give the eight characters'],
    ['person=a%40b.c&person=U1234', 'Give each field once'],
    ['before=-1', 'begin at the first page'],
    ['persn=a%40b.c', 'parts that are no filter'],
    ['__proto__=1', 'parts that are no filter'],
  ] as const)
    it(`looks for nothing and says why at ?${query}`, async () => {
      await using site = await open()
      const { status, text } = await site.stage.ask(`/audit?${query}`)
      assert.equal(status, 422)
      assert.ok(text.includes(sentence), text)
      assert.deepEqual(site.asked, [])
    })

  it('keeps what was typed, with the sentence beside its field', async () => {
    await using site = await open()
    const typed = '"><b>yesterday'
    const { text } = await site.stage.ask(`/audit?from=${encodeURIComponent(typed)}&person=U12`)
    assert.match(text, /value="&quot;&gt;&lt;b&gt;yesterday"/)
    assert.match(text, /aria-describedby="filter-from-problem"/)
    assert.match(text, /id="filter-from-problem">Give a day/)
    assert.match(text, /value="U12"/)
  })

  it('takes fields that were left empty for no filter', async () => {
    await using site = await open()
    await site.stage.ask('/audit?from=&to=&person=+&resource=&action=&request=')
    assert.deepEqual(site.asked, [[{}, undefined]])
  })

  it('says so when nothing fits', async () => {
    await using site = await open({ page: aPage({ events: [] }) })
    const { text } = await site.stage.ask('/audit?action=rego')
    assert.match(text, /No event fits/)
    assert.doesNotMatch(text, /rel="next"|<svg class="pic/)
  })

  it('gives the alarm when the database lets events be edited', async () => {
    const status = { isAppendOnly: false, lastSeq: 9 }
    await using site = await open({ page: aPage({ status }) })
    assert.match((await site.stage.ask('/audit')).text, /role="alert"[^]*This trail can be edited/)
  })

  it('says when the chain was verified, or what is wrong with it', async () => {
    const head = { seq: 8, hash: 'cd'.repeat(32) }
    const watched = { at: AT, verified: head, problems: [] }
    await using site = await open({ page: aPage({ watched }) })
    assert.match(
      (await site.stage.ask('/audit')).text,
      /The chain was verified 2026-11-20 14:05:12Z, up to event 8\./,
    )
    const broken = { ...watched, problems: ['event 3: it <b>is</b> missing'] }
    await using other = await open({ page: aPage({ watched: broken }) })
    assert.match(
      (await other.stage.ask('/audit')).text,
      /role="alert"[^]*not as it was recorded[^]*event 3: it &lt;b&gt;is&lt;\/b&gt; missing\. Found 2026/,
    )
  })

  it('shows the head in short, and whole where it is unfolded', async () => {
    await using site = await open()
    const { text } = await site.stage.ask('/audit')
    assert.match(text, /<summary>Head 9:abababababab…<\/summary>/)
    assert.match(text, new RegExp(`<code>9:<wbr />${'ab'.repeat(32)}</code>`))
  })

  it('takes for an alarm what is one, and not what is for information', async () => {
    const badge = /class="badge bad">Alert</
    for (const [action, isAlarm] of [
      ['audit.chain_broken', true],
      ['audit.head_published', false],
      ['audit.month_summed_up', false],
    ] as const) {
      const events = [anEvent({ action, alert: true, actor: { kind: 'bot' } })]
      await using site = await open({ page: aPage({ events }) })
      assert.equal(badge.test((await site.stage.ask('/audit')).text), isAlarm, action)
    }
  })

  it('refuses whoever is no auditor, with a sentence and nothing of the trail', async () => {
    await using site = await open({ refuse: true })
    const { status, text } = await site.stage.ask('/audit')
    assert.equal(status, 403)
    assert.doesNotMatch(text, /INC-42/)
  })
})

/** The cells of a CSV by RFC 4180. */
function cellsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare ?? '')
    if (end === '\r\n') rows.push([])
  }
  assert.deepEqual(rows.pop(), [])
  return rows
}

describe('POST /audit/export', () => {
  const odd = [
    anEvent({ seq: 1, details: { reason: 'two\r\nlines, and "quotes"', z: '\u2028 \u0085' } }),
    ...['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\ufeff=1', '＝1', 'plain'].map(
      (email, index) =>
        anEvent({
          seq: index + 2,
          actor: { kind: 'person', identity: { ...alex, email, subject: `a,"b"\r\n${email}` } },
        }),
    ),
    anEvent({ seq: 20, actor: { kind: 'bot' }, via: 'bot', alert: true, details: {} }),
  ]

  it('gives a CSV that reads back, in which a spreadsheet finds no formula', async () => {
    await using site = await open({ batches: () => batchesOf(odd) })
    const { status, headers, text } = await exported(site.stage, {
      format: 'csv',
      action: 'request',
    })
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'text/csv; charset=utf-8; header=present')
    const disposition = /^attachment; filename="jit-audit-\d{8}T\d{6}Z\.csv"$/
    assert.match(String(headers['content-disposition']), disposition)
    assert.equal(headers['cache-control'], 'no-store')
    assert.deepEqual(site.asked.at(-1), [{ action: 'request' }, 'csv'])
    const [names = [], ...rows] = cellsOf(text)
    const column = (name: string) => rows.slice(1, -1).map((row) => row[names.indexOf(name)])
    assert.deepEqual(
      column('seq'),
      odd.map((_, index) => String(index + 1)),
    )
    assert.deepEqual(column('actor_email').slice(1, -1), [
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "' =1",
      "' =1",
      "'\ufeff=1",
      "'＝1",
      'plain',
    ])
    assert.deepEqual(
      column('details').map((cell) => JSON.parse(cell ?? '') as unknown),
      odd.map(({ details }) => details),
    )
    for (const cell of rows.flat()) assert.doesNotMatch(cell, /^[\s\ufeff]*[=+\-@]/)
    assert.deepEqual([column('actor_user_id').at(-1), column('alert').at(-1)], ['bot', 'true'])
    await verifyFile(linesIn(text), [])
  })

  for (const format of ['jsonl', 'ocsf'] as const)
    it(`gives ${format} that can be verified, a line each`, async () => {
      await using site = await open({ batches: () => batchesOf(odd) })
      const { headers, text } = await exported(site.stage, { format })
      assert.match(String(headers['content-disposition']), /\.jsonl"$/)
      assert.doesNotMatch(text, /[\r\u0085\u2028\u2029]/)
      const { events, isRooted } = await verifyFile(linesIn(text), [])
      assert.deepEqual([events, isRooted], [odd.length, true])
    })

  for (const fields of [
    { format: 'xlsx' },
    { format: 'toString' },
    { format: 'csv', before: '5' },
    { format: 'csv', from: 'yesterday' },
    { format: 'csv', other: '1' },
    {},
  ])
    it(`gives nothing for ${JSON.stringify(fields)}`, async () => {
      await using site = await open()
      const token = await site.stage.token('/audit')
      const before = site.asked.length
      const answer = await site.stage.send('/audit/export', { _token: token, ...fields })
      assert.equal(answer.status, 422)
      assert.equal(answer.headers['content-disposition'], undefined)
      assert.equal(site.asked.length, before)
    })

  it('gives another file each time the button is used', async () => {
    await using site = await open({ batches: () => batchesOf([anEvent()]) })
    const fields = { _token: await site.stage.token('/audit'), format: 'jsonl' }
    const [first, second] = [
      await site.stage.send('/audit/export', fields),
      await site.stage.send('/audit/export', fields),
    ]
    assert.equal(first.text, second.text)
    assert.equal(site.asked.filter(([, format]) => format === 'jsonl').length, 2)
  })

  it('breaks the connection when reading fails, so that no file looks complete', async () => {
    await using site = await open({
      async *batches() {
        yield chainOf([anEvent()])
        throw new Error('connection to the database lost')
      },
    })
    await assert.rejects(exported(site.stage, { format: 'csv' }), { code: 'UND_ERR_SOCKET' })
    await site.stage.logged(({ level }) => level === 'error')
  })

  it('stops reading when whoever asked goes away', async () => {
    let given = 0
    let isStopped = false
    await using site = await open({
      async *batches() {
        try {
          for await (const batch of endless()) {
            given += 1
            yield batch
          }
        } finally {
          isStopped = true
        }
      },
    })
    const answer = await begun(site.stage)
    const reader = answer.body[Symbol.asyncIterator]()
    await reader.next()
    answer.body.on('error', () => {}).destroy()
    await eventually('the reading stops', () => isStopped)
    assert.ok(given < 100, `${given} batches were read for somebody who left`)
    assert.ok(site.stage.log.every(({ level }) => level !== 'error'))
  })

  it('cuts whoever takes nothing of it', async () => {
    let isStopped = false
    await using site = await open({
      stalledMs: 200,
      async *batches() {
        try {
          yield* endless()
        } finally {
          isStopped = true
        }
      },
    })
    await begun(site.stage)
    await eventually('the reading stops', () => isStopped)
  })

  it('gives two at once to one identity, and six to all', async () => {
    await using site = await open({
      batches: endless,
    })
    const { stage } = site
    const first = await begun(stage)
    assert.equal(first.statusCode, 200)
    assert.equal((await begun(stage)).statusCode, 200)
    const refused = await begun(stage)
    assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '30'])
    assert.equal(site.asked.filter(([, format]) => format === 'jsonl').length, 2)
    for (const [who, status] of [
      ['sam', 200],
      ['sam', 200],
      ['kim', 200],
      ['kim', 200],
      ['ada', 503],
    ] as const)
      assert.equal((await begun(stage, who)).statusCode, status)
    first.body.on('error', () => {}).destroy()
    await eventually('a place is free', async () => (await begun(stage, 'ada')).statusCode === 200)
  })

  it('refuses whoever is no auditor', async () => {
    await using allowed = await open()
    const token = await allowed.stage.token('/audit')
    await using site = await open({ refuse: true })
    const answer = await site.stage.send('/audit/export', { _token: token, format: 'csv' })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['content-disposition'], undefined)
  })
})
