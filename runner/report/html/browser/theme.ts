const KEY = 'redis-chaos-theme'

/** Light or dark as the system has it, until the reader chooses; light on paper. */
export function startTheme(): void {
  const root = document.documentElement
  const system = matchMedia('(prefers-color-scheme: dark)')
  let chosen = remembered()
  const button = document.querySelector('#theme')
  const set = (theme: string) => {
    root.dataset.theme = theme
    if (button) button.textContent = theme === 'dark' ? 'Light' : 'Dark'
    button?.setAttribute('aria-label', theme === 'dark' ? 'Use light colors' : 'Use dark colors')
    document.dispatchEvent(new Event('themechange'))
  }
  const wanted = () => chosen ?? (system.matches ? 'dark' : 'light')
  system.addEventListener('change', () => set(wanted()))
  button?.addEventListener('click', () => {
    chosen = root.dataset.theme === 'dark' ? 'light' : 'dark'
    remember(chosen)
    set(chosen)
  })
  addEventListener('beforeprint', () => set('light'))
  addEventListener('afterprint', () => set(wanted()))
  set(wanted())
}

/** A file opened from disk may be refused its storage. */
function remembered(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The choice then holds for this page alone.
  }
}
