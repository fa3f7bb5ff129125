import type { PageView } from '../page-data.ts'
import type { Shown } from './shown.ts'

/** Two views of the cluster side by side; any two can be chosen. The last stays the last, as more come. */
export function startViews(shown: Shown): void {
  const draw = () => {
    const sides = [...document.querySelectorAll('.sides [data-side]')]
    const [left, right] = sides.map((side) => side.querySelector('select'))
    const { views } = shown.data
    if (!(left && right) || views.length === 0) return
    const isFirst = left.options.length === 0
    const wasLast = isFirst || right.value === String(right.options.length - 1)
    for (const select of [left, right]) fillOptions(select, views)
    if (isFirst) left.value = '0'
    if (wasLast) right.value = String(views.length - 1)
    const chosen = [left, right].map((select) => views[Number(select.value)])
    for (const [place, side] of sides.entries()) fill(side.querySelector('tbody'), chosen[place], chosen[1 - place])
  }
  document.addEventListener('change', ({ target }) => {
    if (target instanceof Element && target.closest('.sides') !== null) draw()
  })
  shown.onChange(draw)
  draw()
}

function fillOptions(select: HTMLSelectElement, views: readonly PageView[]): void {
  const { value } = select
  for (const [place, { name }] of views.entries()) {
    const option = select.options[place]
    if (option === undefined) select.append(new Option(name, String(place)))
    else if (option.text !== name) option.text = name
  }
  while (select.options.length > views.length) select.remove(select.options.length - 1)
  select.value = value
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
