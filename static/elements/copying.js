// A button that copies the rule beside it, and says that it has.

import { write } from './node.js';

const OFFER = 'Copy the rule';
const SAID_MS = 1_500;

/** @param {Event} event a click somewhere in the page */
export async function copyRule({ target }) {
  const button = target instanceof Element ? target.closest('button') : null;
  const rule = button?.parentElement?.querySelector('pre');
  if (!button || !rule) return;
  try {
    await navigator.clipboard.writeText(rule.textContent);
    write(button, 'Copied');
  } catch {
    // No clipboard outside of secure contexts: the reader's own keys do it.
    getSelection()?.selectAllChildren(rule);
    write(button, 'Selected: now copy it');
  }
  setTimeout(() => write(button, OFFER), SAID_MS);
}
