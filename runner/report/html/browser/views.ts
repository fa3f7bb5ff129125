import type { PageData, PageView } from '../page-data.ts'

/** Two views of the cluster side by side; any two can be chosen. */
export function startViews(data: PageData): void {
  const sides = [...document.querySelectorAll('.sides [data-side]')]
  const selects = sides.map((side) => side.querySelector('select'))
  const [left, right] = selects
  if (!(left instanceof HTMLSelectElement && right instanceof HTMLSelectElement) || data.views.length === 0) return
  for (const select of [left, right]) {
    select.append(...data.views.map(({ name }, place) => new Option(name, String(place))))
  }
  left.value = '0'
  right.value = String(data.views.length - 1)
  const draw = () => {
    const chosen = [left, right].map((select) => data.views[Number(select.value)])
    for (const [place, side] of sides.entries()) fill(side.querySelector('tbody'), chosen[place], chosen[1 - place])
  }
  for (const select of [left, right]) select.addEventListener('change', draw)
  draw()
}

/** `other`: what it is compared to. */
function fill(body: Element | null, view: PageView | undefined, other: PageView | undefined): void {
  const rows = (view?.rows ?? []).map((cells, place) => {
    const row = document.createElement('tr')
    for (const [column, text] of cells.entries()) {
      const cell = row.insertCell()
      cell.textContent = text
      if (other?.rows[place]?.[column] === text) continue
      cell.className = 'changed'
      row.className = 'changed'
    }
    return row
  })
  body?.replaceChildren(...rows)
}
