import { timeText } from './time-view.js'

/**
 * Everything that the time axis can be moved to by name.
 * @param {PageData} data
 * @returns {PageMoment[]}
 */
export function momentsOf(data) {
  return [
    ...data.steps.map(({ path, name, startMs, endMs }) => ({
      group: 'steps',
      name: `${path} ${name}`,
      startMs,
      endMs,
    })),
    ...data.faults.map(({ name, startMs, endMs }) => ({ group: 'faults', name, startMs, endMs })),
    ...data.failovers.flatMap(({ name, startMs, endMs, phases }) => [
      { group: 'failovers', name, startMs, endMs },
      ...phases.map((phase) => ({ ...phase, group: 'failovers', name: `${name}: ${phase.name}` })),
    ]),
  ]
}

/**
 * Buttons, and the list of moments to go to.
 * @param {PageData} data
 * @param {import('./time-view.js').TimeView} view
 */
export function startControls(data, view) {
  const moments = momentsOf(data)
  const actions = /** @type {Record<string, () => void>} */ ({
    in: () => view.zoom(0.5),
    out: () => view.zoom(2),
    back: () => view.pan(-0.5),
    on: () => view.pan(0.5),
    whole: () => view.whole(),
  })
  for (const button of document.querySelectorAll('button[data-move]')) {
    button.addEventListener('click', () => actions[button.getAttribute('data-move') ?? '']?.())
  }
  for (const select of document.querySelectorAll('select.moments')) {
    if (select instanceof HTMLSelectElement) fillMoments(select, moments, view)
  }
  for (const button of document.querySelectorAll('button[data-from]')) {
    button.addEventListener('click', () => {
      const [startMs, endMs] = [Number(button.getAttribute('data-from')), Number(button.getAttribute('data-to'))]
      view.showMoment({ startMs, endMs })
      document.querySelector('#timeline')?.scrollIntoView({ block: 'start' })
    })
  }
  const spans = [...document.querySelectorAll('.controls .span')]
  const tell = () => {
    const text = view.isWhole ? 'the whole run' : `${timeText(view.min)} to ${timeText(view.max)}`
    for (const span of spans) span.textContent = text
  }
  view.onChange(tell)
  tell()
}

/**
 * @param {HTMLSelectElement} select
 * @param {PageMoment[]} moments
 * @param {import('./time-view.js').TimeView} view
 */
function fillMoments(select, moments, view) {
  for (const group of new Set(moments.map((moment) => moment.group))) {
    const options = document.createElement('optgroup')
    options.label = group
    moments.forEach((moment, place) => {
      if (moment.group === group) options.append(new Option(moment.name, String(place)))
    })
    select.append(options)
  }
  select.addEventListener('change', () => {
    const moment = moments[Number(select.value)]
    if (select.value === '') view.whole()
    else if (moment) view.showMoment(moment)
  })
}
