// The replay: event by event, with a speed, and a list of events to jump in.
import { button, counted, el, find } from "./dom.js";

/** @typedef {import("./tree.js").Tree} Tree */

const AROUND = 40; // events that are listed before and after the present one

export class Replay {
  /**
   * @param {(time: number) => void} show
   * @param {() => Tree} current
   */
  constructor(show, current) {
    this.show = show;
    this.current = current;
    this.timer = 0;
    find("play").addEventListener("click", () => this.toggle());
    find("first").addEventListener("click", () => this.go(0));
    find("back").addEventListener("click", () => this.go(this.time - 1));
    find("forth").addEventListener("click", () => this.go(this.time + 1));
    find("time").addEventListener("input", () => this.go(this.time));
    find("speed").addEventListener("change", () => { if (this.timer) { this.stop(); this.toggle(); } });
    find("events").addEventListener("toggle", () => this.list());
  }

  get time() { return Number(find("time").value); }

  get end() { return Number(find("time").max); }

  /** @param {number} end */
  reset(end) {
    this.stop();
    find("time").max = end;
    find("time").value = end;
    this.say();
  }

  /** @param {number} time */
  go(time) {
    find("time").value = Math.max(0, Math.min(this.end, time));
    this.show(this.time);
    this.say();
  }

  say() {
    const tree = this.current(), time = Math.min(this.time, tree.timeline.end);
    find("clock").textContent = `event ${counted(this.time)} of ${counted(this.end)}`;
    find("time").setAttribute("aria-valuetext", time ? tree.timeline.sentence(time - 1) : "nothing was written");
    find("happened").textContent = this.time < this.end ? (time ? tree.timeline.sentence(time - 1) : "nothing was written yet") : "";
    this.list();
  }

  toggle() {
    if (this.timer) { this.stop(); return; }
    if (this.time >= this.end) this.go(0);
    find("play").textContent = "❚❚";
    find("play").setAttribute("aria-label", "pause");
    const speed = Number(find("speed").value), long = Math.max(1, Math.round(this.end / 400));
    this.timer = window.setInterval(() => { this.go(this.time + long); if (this.time >= this.end) this.stop(); }, 400 / speed);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    find("play").textContent = "▶";
    find("play").setAttribute("aria-label", "replay");
  }

  /** The events around the present one; those still to come are not told. */
  list() {
    if (!find("events").open) return;
    const {timeline} = this.current(), time = Math.min(this.time, timeline.end), first = Math.max(0, time - AROUND);
    const rows = [];
    for (let k = first; k < Math.min(timeline.end, time + AROUND); k++) {
      const made = button(`${k + 1}  ${k < time ? timeline.sentence(k) : "…"}`, () => this.go(k + 1), k + 1 === time ? "now" : "");
      rows.push(el("li", "", made));
    }
    find("eventlist").replaceChildren(...rows);
    const now = find("eventlist").querySelector(".now");
    if (now) find("eventlist").scrollTop = now.offsetTop - find("eventlist").clientHeight / 2;
  }
}
