import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filledIn, formsIn, visibleText } from './page-forms.ts'

const PAGE = `<head><title>no</title></head>
<form method="post" action="/requests?a=1&amp;b=2" class='x'>
  <input type="hidden" name="_token" value="a&quot;&gt;b"/>
  <label>Time <input name=time value="1h" data-checked="disabled"></label>
  <select name="resource"><option value="">Choose</option>
    <option value="grafana" selected>Grafana</option><option>Billing &amp; tax</option></select>
  <textarea name="reason" rows="2">
&lt;script&gt; &#x27;it&#39;s&#x27;</textarea>
  <input type="checkbox" name="urgent" value="yes" checked> <input type="radio" name="level" value="a">
  <input type="radio" name="level" value="b" checked="checked"><input name="off" value="1" disabled>
  <button name="verdict" value="yes"><b>Ask</b> now<span class="hidden"> for it</span></button><button>Other</button>
</form><form action="/"><input type="submit" value="Find"></form>`

const [form] = formsIn(PAGE)
const send = (entries: Record<string, string>, button?: string) =>
  Object.fromEntries(filledIn(form ?? assert.fail(), entries, button))

describe('formsIn', () => {
  it('finds action, method and what the buttons say', () => {
    const facts = formsIn(PAGE).map(({ action, method, buttons }) => [action, method, buttons])
    assert.deepEqual(facts, [
      ['/requests?a=1&b=2', 'post', ['Ask now', 'Other']],
      ['/', 'get', ['Find']],
    ])
  })
})

describe('filledIn', () => {
  it('sends what the page holds, with the button that is clicked', () => {
    assert.deepEqual(send({}, 'Ask now'), {
      _token: 'a">b',
      time: '1h',
      resource: 'grafana',
      reason: "<script> 'it's'",
      urgent: 'yes',
      level: 'b',
      verdict: 'yes',
    })
  })

  it('takes entries in their place', () => {
    const entries = { time: '', resource: 'Billing & tax', reason: 'a\nb', urgent: '', level: 'a' }
    const sent = {
      _token: 'a">b',
      time: '',
      resource: 'Billing & tax',
      reason: 'a\r\nb',
      level: 'a',
    }
    assert.deepEqual(send(entries), sent)
  })

  it('refuses what nobody could enter', () => {
    for (const entries of [{ resource: 'vault' }, { level: 'c' }, { off: '2' }, { _token: 'x' }])
      assert.throws(() => send(entries), /does not take/)
  })
})

describe('visibleText', () => {
  it('is what people read', () => {
    assert.equal(
      visibleText('<p>a<b>b</b>&amp;lt;</p><style>x</style><!-- y --><p>c\n d</p>'),
      'ab&lt; c d',
    )
  })
})
