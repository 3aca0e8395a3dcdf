// Which topics of which namespaces somebody wants to see.

/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./messages.js').Message} Message */

/** @type {Record<string, (key: string) => string>} the namespace of a key; of topics that are not here every reader sees all */
const NAMESPACE_OF = {
  pods: (key) => first(key),
  cronjobs: (key) => first(key),
  jobs: (key) => first(key),
  events: (key) => first(key),
  sources: (key) => last(key),
  incidents: (key) => key.split('/')[1] ?? '',
};

/** @param {string} key */
const first = (key) => key.slice(0, key.indexOf('/'));
/** @param {string} key */
const last = (key) => key.slice(key.lastIndexOf('/') + 1);

/**
 * @param {View | undefined} wide
 * @param {View} narrow
 * @returns {boolean} whether whoever sees `wide` sees all of `narrow`
 */
export function covers(wide, narrow) {
  if (!wide) return false;
  const { topics, namespaces } = wide;
  return (!topics.length || (narrow.topics.length > 0 && narrow.topics.every((topic) => topics.includes(topic))))
    && (!namespaces || (narrow.namespaces?.every((name) => namespaces.includes(name)) ?? false));
}

/**
 * @param {View[]} views
 * @returns {View} the least that covers all of them
 */
export function union(views) {
  const all = views.some((view) => !view.topics.length);
  const anywhere = views.some((view) => !view.namespaces);
  return {
    topics: all ? [] : [...new Set(views.flatMap((view) => view.topics))].sort(),
    namespaces: anywhere ? null : [...new Set(views.flatMap((view) => view.namespaces ?? []))].sort(),
  };
}

/**
 * @param {View} view
 * @param {Message} message of a view that covers it
 * @returns {Message | undefined} what a reader of `view` alone would be given; what carries an id stays, if
 *   only as a change of nothing
 */
export function narrowed(view, message) {
  const { topics, namespaces } = view;
  /** @param {string} topic */
  const wants = (topic) => !topics.length || topics.includes(topic);
  /** @param {string | undefined} namespace `*` is that of what is watched in all of them at once */
  const inside = (namespace) => !namespaces || !namespace || namespace === '*' || namespaces.includes(namespace);
  /** @param {string} topic @param {string} key */
  const shows = (topic, key) => wants(topic) && inside(NAMESPACE_OF[topic]?.(key));
  const { event, data } = message;
  if (event === 'hello') return { ...message, data: { ...data, topics: data.topics.filter(wants) } };
  if (event === 'change') {
    /** @type {import('./messages.js').Change[]} */
    const changes = data.changes;
    return { ...message, data: { ...data, changes: changes.filter(({ topic, key }) => shows(topic, key)) } };
  }
  if (event === 'snapshot') {
    /** @type {import('./messages.js').Snapshot} */
    const { topic, items } = data;
    if (wants(topic)) return { ...message, data: { ...data, items: items.filter(({ key }) => shows(topic, key)) } };
    return message.id === undefined ? undefined : { ...message, event: 'change', data: { changes: [] } };
  }
  if (event === 'heartbeat') {
    const sources = Object.entries(data.sources).filter(([key]) => wants(first(key)) && inside(last(key)));
    return { ...message, data: { ...data, sources: Object.fromEntries(sources) } };
  }
  return message;
}
