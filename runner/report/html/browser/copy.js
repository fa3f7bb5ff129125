/** Buttons that put the command beside them into the clipboard. */
export function startCopying() {
  for (const button of document.querySelectorAll('button.copy')) {
    button.addEventListener('click', () => void press(button))
  }
}

/** @param {Element} button */
async function press(button) {
  const code = button.parentElement?.querySelector('code')
  if (!code) return
  const copied = await copy(code)
  button.textContent = copied ? 'Copied' : 'Selected'
}

/**
 * @param {HTMLElement} code
 * @returns {Promise<boolean>} False: it could only be selected, for the reader to copy.
 */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '')
    return true
  } catch {
    getSelection()?.selectAllChildren(code)
    return false
  }
}
