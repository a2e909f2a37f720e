const modal = document.getElementById('modal')
const confirm = document.getElementById('confirm')
const toast = document.getElementById('toast')
let toastTimer

/** Shows the modal when there is something in it, and hides it when not. */
export function showModal() {
  const hasContent = modal.firstElementChild !== null
  if (hasContent && !modal.open) modal.showModal()
  if (!hasContent && modal.open) modal.close()
  modal.querySelector('[aria-invalid], [autofocus], textarea, input, select')?.focus()
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
    const value = control.multiple
      ? [...control.selectedOptions].map((option) => option.value)
      : control.value
    entries[block] = { ...entries[block], [input]: value === '' ? null : value }
  }
  return entries
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
