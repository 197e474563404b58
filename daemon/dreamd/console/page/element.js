// Elements of the page: text only, never markup.

export function set(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

export function make(name, words = "", attributes = {}) {
  const element = document.createElement(name);
  if (words) element.textContent = words;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Make a list hold these children with as few changes as possible; keep: builds or updates one, by key.
export function arrange(list, items, key, keep) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const found = old.get(name);
    const child = keep(item, found) ?? found;
    child.dataset.key = name;
    old.delete(name);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
  for (const left of old.values()) left.remove();
}
