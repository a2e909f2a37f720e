import { seeOther } from '../../src/web/see-other.ts'
import type { Pages } from '../../src/web/site.ts'

/** What must not get out. */
export const SECRET = 'xoxb-a-secret-token'

/** Pages that give a file, that send the visitor on, and that fail, each in its own way. */
export const odd: Pages = (app) => {
  const file = { 'Content-Disposition': 'attachment; filename="x.csv"' }
  const lines = (most: number, fail: () => void) => {
    let sent = 0
    return new ReadableStream({
      pull(controller) {
        if (sent === most) return fail()
        sent += 1
        controller.enqueue(new TextEncoder().encode(`line ${sent}\n`.padEnd(1_000)))
      },
    })
  }
  const broken = () => {
    throw new Error(`no ${SECRET}`)
  }
  app.get('/file', (c) => c.body('a,b\r\n', 200, file))
  app.get('/file/endless', (c) => c.body(lines(Infinity, broken), 200, file))
  app.get('/file/breaks', (c) => c.body(lines(50, broken), 200, file))
  app.get('/file/breaks/at-once', (c) => c.body(lines(0, broken), 200, file))
  app.get('/go', (c) => seeOther(c, c.req.query('to') ?? ''))
  app.get('/fails', broken)
  app.get('/fails/strangely', () => {
    // oxlint-disable-next-line typescript/only-throw-error -- as some packages do
    throw SECRET
  })
}
