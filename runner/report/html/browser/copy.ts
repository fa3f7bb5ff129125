/** Buttons that put the command beside them into the clipboard. */
export function startCopying(): void {
  document.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.matches('button.copy')) void press(target)
  })
}

async function press(button: Element): Promise<void> {
  const code = button.parentElement?.querySelector('code')
  if (!code) return
  const copied = await copy(code)
  button.textContent = copied ? 'Copied' : 'Selected'
}

/** Resolves with false where it could only be selected, for the reader to copy. */
async function copy(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '')
    return true
  } catch {
    getSelection()?.selectAllChildren(code)
    return false
  }
}
