const modal = document.getElementById('modal')
const confirm = document.getElementById('confirm')
const toast = document.getElementById('toast')
let toastTimer

/** Shows the modal when there is something in it, and hides it when not. */
export function showModal() {
  const hasContent = modal.firstElementChild !== null
  if (hasContent && !modal.open) modal.showModal()
  if (!hasContent && modal.open) modal.close()
  for (const picker of modal.querySelectorAll('[data-seconds]')) showInstant(picker)
  modal.querySelector('[aria-invalid], [autofocus], textarea, input, select')?.focus()
}

/** Shows a picker's instant as the reader's own clock has it. */
export function showInstant(picker) {
  const { seconds } = picker.dataset
  if (seconds === '') return
  const at = new Date(seconds * 1_000)
  picker.value = new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** Calls when the person leaves the modal by the Escape key. */
export function onEscape(leave) {
  modal.addEventListener('cancel', (event) => {
    event.preventDefault()
    const viewId = modal.querySelector('form')?.dataset.view
    if (viewId) leave(viewId)
  })
}

/** What was entered into a modal's form, by block and action. */
export function entriesOf(form) {
  const entries = {}
  for (const control of form.querySelectorAll('[data-input]')) {
    const { block, input } = control.dataset
    const value = entryOf(control, entries[block]?.[input])
    entries[block] = { ...entries[block], [input]: value }
  }
  return entries
}

/** What was entered into a control; `before` is what the same input's earlier buttons or boxes said. */
export function entryOf(control, before) {
  switch (control.type) {
    case 'radio':
      return control.checked ? control.value : (before ?? null)
    case 'checkbox':
      return control.checked ? [...(before ?? []), control.value] : (before ?? [])
    case 'select-multiple':
      return [...control.selectedOptions].map((option) => option.value)
    case 'datetime-local':
      return control.value === '' ? null : String(Math.floor(new Date(control.value) / 1_000))
    default:
      return control.value === '' ? null : control.value
  }
}

/** Whether the person wants it, asked by the element's own words; true when it has none. */
export async function isConfirmed({ dataset }) {
  if (dataset.confirmTitle === undefined) return true
  const put = (id, text) => (document.getElementById(`confirm-${id}`).textContent = text)
  put('title', dataset.confirmTitle)
  put('text', dataset.confirmText)
  put('no', dataset.confirmNo)
  put('yes', dataset.confirmYes)
  document.getElementById('confirm-yes').className = `button solid ${dataset.confirmStyle}`
  confirm.returnValue = 'no'
  confirm.showModal()
  await new Promise((resolve) => confirm.addEventListener('close', resolve, { once: true }))
  return confirm.returnValue === 'yes'
}

/** Says a sentence for some seconds. */
export function say(text, isBad) {
  // Above an open dialog, which would cover it otherwise.
  ;(modal.open ? modal : document.body).append(toast)
  toast.textContent = text
  toast.classList.toggle('bad', isBad)
  toast.hidden = false
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => (toast.hidden = true), 5_000)
}
