/** The demo's clock, ahead of this machine's by so many milliseconds. */
let aheadMs = 0

/** Sets the clock: milliseconds since the epoch. */
export function setClock(at) {
  aheadMs = at - Date.now()
  showClock()
}

/** Lets the clock on the page run. */
export function runClock() {
  setInterval(showClock, 1_000)
}

/** Puts every instant below the element into the reader's own zone. */
export function formatTimes(root) {
  for (const element of root.querySelectorAll('time[data-format]')) {
    const at = new Date(element.dateTime)
    element.title = at.toISOString()
    element.textContent = element.dataset.format.replaceAll(/\{(\w+)\}/g, (all, name) =>
      name in FORMATS ? FORMATS[name](at) : all,
    )
  }
}

function showClock() {
  const now = new Date(Date.now() + aheadMs)
  const clock = document.getElementById('clock')
  clock.dateTime = now.toISOString()
  clock.textContent = `${weekday(now)}, ${FORMATS.time_secs(now)}`
  document.getElementById('clock-utc').textContent = `${now.toISOString().slice(11, 19)} UTC`
}

const in24 = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
const format = (options) => (at) => new Intl.DateTimeFormat('en', options).format(at)
const weekday = format({ weekday: 'short', month: 'short', day: 'numeric' })
const pretty = (name) => (at) => dayName(at) ?? FORMATS[name](at)

// Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
const FORMATS = {
  date_num: (at) => at.toISOString().slice(0, 10),
  date: format({ dateStyle: 'long' }),
  date_long: format({ dateStyle: 'full' }),
  date_short: format({ dateStyle: 'medium' }),
  date_pretty: pretty('date'),
  date_long_pretty: pretty('date_long'),
  date_short_pretty: pretty('date_short'),
  time: format(in24),
  time_secs: format({ ...in24, second: '2-digit' }),
}

function dayName(at) {
  const day = (date) => new Date(date).setHours(0, 0, 0, 0)
  const days = Math.round((day(at) - day(Date.now() + aheadMs)) / 86_400_000)
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days]
}
