// The only ways in which elements write: text, attributes, and only where something differs.

/** @param {Element | null | undefined} element @param {string} text */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string} value empty takes it away */
export function mark(element, name, value) {
  if (value === '') element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @param {Element | null} element gets the focus of what goes away, and nothing moves for it */
export function focus(element) {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
}

/** @param {ParentNode} parent @param {string} selector @returns {HTMLElement} */
export function find(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}
