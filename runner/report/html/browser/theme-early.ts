// In the head, before anything is drawn: a dark page must not flash white.
try {
  const chosen = localStorage.getItem('redis-chaos-theme')
  document.documentElement.dataset.theme =
    chosen ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
} catch {
  document.documentElement.dataset.theme = 'light'
}
