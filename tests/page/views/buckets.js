/** Answers of `api/tensorboard/scalars` for tests. */

/**
 * One bucket a point.
 *
 * @param {number[]} steps
 * @param {(number | null)[]} values `null` stands for a value that is not finite.
 * @param {object} [change]
 */
export function points(steps, values, change = {}) {
  return {
    ...{ tag: "t", tb_run: "r", dropped: 0, step: steps, first: values, last: values },
    x_start: steps,
    x_stop: steps.map((step) => step + 1),
    count: steps.map(() => 1),
    non_finite: values.map((value) => Number(value === null)),
    ...{ min: values, max: values, mean: values },
    ...change,
  };
}

/** A run as a view draws it. */
export function run(name) {
  return { name, short: name, colour: "--series-mean", dash: [] };
}
