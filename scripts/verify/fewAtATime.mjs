// @ts-check

/**
 * What `work` makes of each item, in the order of the items, with at most so many at work at once. What is thrown is what the first
 * of them throws, by that order, however early another one did; so is what `items` throws.
 * @template T, R
 * @param {Iterable<T> | AsyncIterable<T>} items
 * @param {number} most
 * @param {(item: T) => Promise<R>} work
 * @returns {AsyncGenerator<R>}
 */
export async function* fewAtATime(items, most, work) {
  /** @type {Promise<R>[]} */
  const begun = [];
  for await (const begin of tasksOf(items, work)) {
    const result = begin();
    // It is told when its turn comes, or not at all.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length === most) yield await /** @type {Promise<R>} */ (begun.shift());
  }
  for (const result of begun) yield await result;
}

/**
 * @template T, R
 * @param {Iterable<T> | AsyncIterable<T>} items
 * @param {(item: T) => Promise<R>} work
 * @returns {AsyncGenerator<() => Promise<R>>}
 */
async function* tasksOf(items, work) {
  try {
    for await (const item of items) yield () => work(item);
  } catch (error) {
    yield async () => {
      throw error;
    };
  }
}
