import {
  entriesOf,
  entryOf,
  isConfirmed,
  onEscape,
  say,
  showInstant,
  showModal,
} from './dialogs.js'
import { formatTimes, runClock, setClock } from './times.js'

const query = new URLSearchParams(location.search)
const viewer = { as: query.get('as') ?? 'alex', room: query.get('room') ?? 'approvals' }
const shown = new Map()
const typed = []
const text = document.getElementById('text')
const conversation = document.getElementById('conversation')
let events

runClock()
connect()
onEscape((view) => act({ act: 'close', as: viewer.as, view, all: true }))

document.addEventListener('click', (event) => {
  const element = event.target.closest?.('[data-act], [data-as], [data-room], [data-tab]')
  if (element?.matches('button')) void onPress(element)
})

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-choose]')) void onChoice(event.target)
})

document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.method === 'dialog') return
  event.preventDefault()
  if (form.id === 'composer') void send()
  else {
    const doing = { act: 'submit', as: viewer.as, view: form.dataset.view }
    void whileBusy(event.submitter, { ...doing, entries: entriesOf(form) })
  }
})

text.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowUp' || text.value !== '' || typed.length === 0) return
  event.preventDefault()
  text.value = typed.at(-1)
})

function connect() {
  events?.close()
  events = new EventSource(`/events?${new URLSearchParams(viewer)}`)
  events.addEventListener('region', ({ data }) => showRegion(JSON.parse(data)))
  events.addEventListener('clock', ({ data }) => setClock(JSON.parse(data).at))
  events.addEventListener('trouble', ({ data }) => say(JSON.parse(data).text, true))
  events.addEventListener('open', () => (document.getElementById('offline').hidden = true))
  events.addEventListener('error', () => (document.getElementById('offline').hidden = false))
}

/** The markup comes escaped from the demo's own server. */
function showRegion({ id, markup }) {
  const region = document.getElementById(id)
  if (!region || shown.get(id) === markup) return
  const isNew = !shown.has(id)
  shown.set(id, markup)
  const isAtEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 60
  const wasOpen = new Map(
    [...region.querySelectorAll('details')].map(({ dataset, open }) => [dataset.keep, open]),
  )
  const focused = region.contains(document.activeElement) ? document.activeElement : undefined
  region.innerHTML = markup
  formatTimes(region)
  for (const picker of region.querySelectorAll('[data-seconds]')) showInstant(picker)
  for (const details of region.querySelectorAll('details'))
    details.open = wasOpen.get(details.dataset.keep) ?? details.open
  region.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  if (id === 'modal') showModal()
  if (focused !== undefined && !region.querySelector('[aria-invalid]')) focusAgain(region, focused)
  if (region === conversation && (isAtEnd || isNew)) region.scrollTop = region.scrollHeight
}

/** Gives the focus to what took the element's place, with what is being typed there. */
function focusAgain(region, element) {
  const next = [...region.querySelectorAll('button, input, select, textarea')].find(
    (each) => keyOf(each) === keyOf(element),
  )
  if (next === undefined || (region.id === 'modal' && next.matches('button'))) return
  if (next.matches('textarea, input[type=text], input[type=email]')) next.value = element.value
  next.focus()
}

function keyOf(element) {
  return JSON.stringify({ ...element.dataset })
}

async function onPress(element) {
  const { act: name, tab, as, room, type } = element.dataset
  if (tab !== undefined) document.body.dataset.tab = tab
  else if (name === undefined) {
    go({ as: as ?? viewer.as, room: room ?? viewer.room })
    if (type) text.value = type
    if (type || room) text.focus()
  } else if (await isConfirmed(element)) await whileBusy(element, doingOf(element.dataset))
}

/** Something was chosen that the bot, or the workspace, is told of at once. */
async function onChoice(control) {
  const { choose: name, ...data } = control.dataset
  const all = [...(control.closest('.choices')?.querySelectorAll('input') ?? [control])]
  const value = all.reduce((before, each) => entryOf(each, before), undefined)
  const form = control.closest('form.modal')
  const entries = form === null ? {} : { entries: entriesOf(form) }
  if (await isConfirmed(control))
    await act({ ...doingOf({ ...data, act: name, value, kind: value }), ...entries })
}

function doingOf({ act: name, ...data }) {
  const common = { act: name, as: viewer.as }
  const chosen = data.value === undefined ? {} : { value: data.value }
  switch (name) {
    case 'click':
      return {
        ...common,
        channel: data.channel,
        ts: data.ts,
        action: data.action,
        block: data.block,
        ...chosen,
      }
    case 'click-in-view':
      return { ...common, view: data.view, action: data.action, block: data.block, ...chosen }
    case 'close':
      return { ...common, view: data.view, all: data.all === 'yes' }
    case 'visit':
      return {
        act: name,
        visitor: data.visitor ?? viewer.as,
        host: data.host,
        network: document.getElementById('network').value,
        method: document.getElementById('method').value,
      }
    case 'account':
      return { ...common, kind: data.kind }
    case 'group':
      return { ...common, group: data.group, belongs: data.belongs === 'yes' }
    default:
      return { act: name, seconds: Number(data.seconds) }
  }
}

/** Becomes somebody, or goes to another conversation. */
function go(next) {
  document.body.dataset.tab = 'slack'
  if (next.as === viewer.as && next.room === viewer.room) return
  Object.assign(viewer, next)
  history.replaceState(null, '', `?${new URLSearchParams(viewer)}`)
  shown.delete('conversation')
  connect()
}

async function send() {
  const words = text.value.trim()
  if (words === '') return
  typed.splice(0, typed.length, words)
  text.value = ''
  const isDone = await act({ act: 'write', ...viewer, text: words })
  if (!isDone && text.value === '') text.value = words
  conversation.scrollTop = conversation.scrollHeight
}

async function whileBusy(button, doing) {
  button.disabled = true
  await act(doing)
  button.disabled = false
}

/** Whether it was done; the server's sentence is shown when there is one. */
async function act(doing) {
  try {
    const answer = await fetch('/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(doing),
    })
    const outcome = await answer.json()
    if (outcome.text) say(outcome.text, !outcome.ok)
    return outcome.ok
  } catch {
    say('The demo does not answer; it may have been stopped.', true)
    return false
  }
}
