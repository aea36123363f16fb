/**
 * Questions take turns: the keyboard is one.
 *
 * @module
 */

/** One for the process, however many commands run in it. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Asks when every question before has been answered or given up.
 *
 * A device's code may be wanted while a list is on the screen: fetching the list anew needs credentials.
 */
export function oneAtATime<T>(ask: () => Promise<T>): Promise<T> {
  const asked = last.then(ask);
  last = asked.catch(() => {});
  return asked;
}
