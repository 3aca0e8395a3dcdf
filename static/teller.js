// An EventTarget whose events are known by name and type.

/** @template {Record<string, any>} Told the detail of each event, by its name */
export class Teller extends EventTarget {
  /**
   * Dispatch a CustomEvent.
   * @template {keyof Told & string} Name
   * @param {Name} name
   * @param {Told[Name]} detail
   */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /**
   * Listen, with the detail alone as argument.
   * @template {keyof Told & string} Name
   * @param {Name} name
   * @param {(detail: Told[Name]) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    /** @param {Event} event */
    const hear = (event) => listener(/** @type {CustomEvent<Told[Name]>} */ (event).detail);
    this.addEventListener(name, hear);
    return () => this.removeEventListener(name, hear);
  }
}
