// The summary above the charts: title, where the run stands, progress, and the numbers of the moment, large enough for a hall.

// Statuses under which the page has the same buttons.
const stage = (status) => (["queued", "preparing", "running"].includes(status) ? "live" : status);

class Head {
  constructor(root) {
    this.number = {};
    this.title = make("h1", { className: "fv-title" });
    this.dot = make("span", { className: "fv-dot", ariaHidden: "true" });
    this.link = make("span", {});
    this.word = make("strong", { className: "fv-word" });
    this.sentence = make("span", {});
    this.fill = make("div", { className: "fv-fill" });
    this.bar = make("div", { className: "fv-bar", role: "progressbar", ariaValueMin: "0", ariaValueMax: "100" }, this.fill);
    this.numbers = make("dl", { className: "fv-numbers" });
    root.append(
      make("div", { className: "fv fv-head" },
        make("div", { className: "fv-top" }, this.title, make("p", { className: "fv-link", role: "status" }, this.dot, this.link)),
        make("p", { className: "fv-line", role: "status" }, this.word, " ", this.sentence), this.bar, this.numbers),
    );
    this.clock = setInterval(() => this.tick(), 1000);
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    if (!this.numbers.children.length) {
      for (const [name, label] of data.words.numbers) {
        this.number[name] = [make("span", {}), make("small", {})];
        this.numbers.append(make("div", { className: `fv-n fv-n-${name}` }, make("dt", { textContent: label }), make("dd", {}, ...this.number[name])));
      }
    } else data.words.numbers.forEach(([, label], i) => setText(this.numbers.children[i].firstChild, label));
    this.bar.ariaLabel = data.words.progress;
    const stream = streamOf(data.url);
    if (stream === this.stream) return this.connection(stream.state, stream.problem);
    this.stream?.remove(this);
    (this.stream = stream).add(this);
  }

  whole(picture) {
    this.show(picture.head);
  }

  change(ops) {
    if (ops.some((op) => op.op === "head")) this.show(this.stream.picture.head);
  }

  connection(state, problem) {
    this.dot.className = `fv-dot fv-${state}`;
    setText(this.link, problem || this.data.words.connection[state]);
  }

  show(head) {
    setText(this.title, head.title);
    setText(this.word, head.word);
    this.word.dataset.status = head.status;
    setText(this.sentence, head.sentence);
    const percent = Math.round(100 * head.progress);
    this.fill.style.width = `${percent}%`;
    this.fill.dataset.status = head.status;
    this.bar.ariaValueNow = String(percent);
    this.set("round", head.round, head.rounds && `/ ${head.rounds}`);
    this.set("accuracy", head.accuracy, head.gain);
    this.set("macro_f1", head.macro_f1);
    this.set("loss", head.loss, head.perplexity);
    this.set("traffic", head.traffic);
    this.since = head.ticking ? performance.now() : null;
    this.elapsed = head.elapsed_s;
    this.tick();
    if (stage(head.status) !== stage(this.data.status) && head.status !== this.sent) {
      this.sent = head.status; // the buttons below are Streamlit's: one rerun brings them up to date
      this.send("status", head.status);
    }
  }

  set(name, value, note = "") {
    setText(this.number[name][0], value || "–");
    setText(this.number[name][1], note);
  }

  tick() {
    if (this.elapsed === undefined) return;
    if (this.elapsed === null) return this.set("elapsed", "");
    const seconds = Math.floor(this.elapsed + (this.since === null ? 0 : (performance.now() - this.since) / 1000));
    this.dot.classList.toggle("fv-low", this.since !== null && seconds % 2 === 1);
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    this.set("elapsed", `${hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`);
  }

  close() {
    clearInterval(this.clock);
    this.stream?.remove(this);
  }
}
