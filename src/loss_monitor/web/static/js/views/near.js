/**
 * Which of many elements are in sight, or nearly so.
 *
 * Elements enter; a word when one comes near and when it is far away again leaves, so that
 * thousands of panels cost only those that are seen.
 */

/** So far beyond the edge a panel is made ready, so that scrolling meets it drawn. */
const MARGIN = "400px 0px";

export class Near {
  /** @param {(element: Element, near: boolean, width_px: number) => void} told */
  constructor(told) {
    /** @type {Set<Element>} */
    this.near = new Set();
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        if (isIntersecting === this.near.has(target)) continue;
        if (isIntersecting) this.near.add(target);
        else this.near.delete(target);
        told(target, isIntersecting, boundingClientRect.width);
      }
    }, { rootMargin: MARGIN });
  }

  /** @param {Element} element */
  watch(element) {
    this.observer.observe(element);
  }

  /** @param {Element} element */
  forget(element) {
    this.observer.unobserve(element);
    this.near.delete(element);
  }

  destroy() {
    this.observer.disconnect();
    this.near.clear();
  }
}
