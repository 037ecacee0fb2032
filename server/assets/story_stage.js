// The stage: who sends, who carries, whose door. Ribbons are parcels a year at this month's pace, season taken out.
// Values are moved towards those of the month in the browser; attributes are written only where they change.
(function () {
const { el, put, sum, ORDER, SYMBOL, PIC, NAMES, par, brief, usd, calm, tip } = lastmile.storyParts;
const SHOWN = ['amazon', 'usps', 'ups', 'fedex', 'regional'], AT = SHOWN.map((k) => ORDER.indexOf(k));
const DOORS = [['rural', 2, 'Countryside'], ['sub', 1, 'Suburbs'], ['city', 0, 'Cities']];
const SENDERS = [['A', 'Amazon', 'amazon'], ['S', 'Small shippers', 'small'], ['L', 'Large shippers', 'large']];
const CARRIERS = { amazon: ["Amazon\u2019s vans", 'Amazon'], usps: ['USPS', 'USPS'], ups: ['UPS', 'UPS'], fedex: ['FedEx', 'FedEx'], regional: ['Regionals', 'Others'] };
// What of a row of the stage is moved: 4 + 5 + 5 + 15 + 5 volumes, then 5 + 5 gauges.
function vector(row) {
    const A = [0, 1, 2, 3].map((c) => row[3 * c] + row[3 * c + 1] + row[3 * c + 2]);
    const room = [0, 1, 2, 3, 4].map((g) => (g === 0 || !row[47 + g] ? 0 : Math.min(0.4, row[52 + g] / row[47 + g])));
    return Float64Array.from([...A, ...row.subarray(12, 42), ...[0, 1, 2, 3, 4].map((g) => Math.min(100, 100 * row[42 + g])), ...room]);
}

class Stage {
    constructor(host) {
        this.host = host; this.ribs = el('svg', { 'aria-hidden': 'true' }); this.canvas = document.createElement('canvas'); this.top = el('svg', { role: 'group', 'aria-label': 'Who sends, who carries, whose door' });
        host.append(this.ribs, this.canvas, this.top); this.ctx = this.canvas.getContext('2d');
        this.cur = null; this.goal = null; this.dots = []; this.bits = []; this.flow = false; this.spend = []; this.marks = { bid: null, ask: null };
        this.build(); this.frame = this.frame.bind(this);
        this.watch = new ResizeObserver(() => this.resize()); this.watch.observe(host); host.addEventListener('pointermove', (e) => this.hover(e)); host.addEventListener('pointerleave', () => tip());
    }
    build() {
        const defs = el('defs', {}, this.ribs), grad = el('linearGradient', { id: 'hero', x1: 0, y1: 0, x2: 1, y2: 0 }, defs);
        el('stop', { offset: 0.05, 'stop-color': 'var(--amazon)' }, grad); el('stop', { offset: 0.95, 'stop-color': 'var(--usps)' }, grad); this.grad = grad;
        this.paths = {};
        const rib = (id, colour, opacity) => { this.paths[id] = el('path', { class: 'rib', fill: colour, opacity, 'data-id': id }, this.ribs); };
        for (const k of SHOWN) for (const s of ['S', 'L']) rib(`${s}-${k}`, `var(--${k})`, 0.2);
        for (const k of SHOWN) for (const [d] of DOORS) rib(`${k}-${d}`, `var(--${k})`, d === 'rural' ? 0.62 : 0.17);
        rib('A-fedex', 'var(--fedex)', 0.45); rib('A-ups', 'var(--ups)', 0.45); rib('A-own', 'var(--amazon)', 0.42); rib('H-regional', 'var(--usps)', 0.55); rib('H-ups', 'url(#hand)', 0.75); rib('A-usps', 'url(#hero)', 0.92);
        const hand = el('linearGradient', { id: 'hand', x1: 0, y1: 1, x2: 0, y2: 0 }, defs); el('stop', { offset: 0, 'stop-color': 'var(--ups)' }, hand); el('stop', { offset: 1, 'stop-color': 'var(--usps)' }, hand); this.handGrad = hand;
        this.nodes = {};
        const node = (id, key, who, colour) => {
            const g = el('g', { class: 'node', tabindex: 0, role: 'button', 'data-id': id, 'data-who': who || '' }, this.top); g.style.setProperty('--c', `var(--${colour})`);
            const n = { g, hot: el('rect', { class: 'hot', rx: 12 }, g), box: el('rect', { class: 'box', rx: 9 }, g), e0: el('rect', { class: 'edge', width: 4 }, g), e1: el('rect', { class: 'edge', width: 4 }, g), pic: el('path', { class: 'pic', d: PIC[key] }, g), name: el('text', { class: 'name' }, g), num: el('text', { class: 'num' }, g), num2: el('text', { class: 'num' }, g), gb: el('rect', { class: 'gback', rx: 3, height: 6 }, g), gf: el('rect', { class: 'gfill', rx: 3, height: 6 }, g), go: el('rect', { class: 'gorder', rx: 2, height: 6 }, g), s1: el('path', { d: SYMBOL.usps, fill: 'var(--usps)', visibility: 'hidden' }, g), s2: el('path', { d: SYMBOL.amazon, fill: 'var(--amazon)', visibility: 'hidden' }, g) };
            if (!who) { g.removeAttribute('tabindex'); g.setAttribute('role', 'img'); g.style.cursor = 'default'; } else { g.addEventListener('click', () => this.onpick && this.onpick(who)); g.addEventListener('keydown', (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); this.onpick && this.onpick(who); } }); }
            this.nodes[id] = n; return n;
        };
        for (const [id, , who] of SENDERS) node(`n-${id}`, who === 'amazon' ? 'amazon' : who, who, who === 'amazon' ? 'amazon' : 'doors');
        this.nodes['n-A'].pic.setAttribute('d', PIC.seller);
        for (const k of SHOWN) node(`n-${k}`, k, k, k);
        for (const [d] of DOORS) node(`n-${d}`, d, '', 'doors');
        this.heads = ['Who sends · parcels a year', 'Who carries · capacity used', 'Whose door · who comes'].map((t) => { const e = el('text', { class: 'col' }, this.top); e.textContent = t; return e; });
        this.minis = ['ups', 'fedex', 'hand'].map(() => el('path', { class: 'mini hand' }, this.top));
        const g = el('g', { class: 'gate', 'data-id': 'gate', tabindex: 0, role: 'button' }, this.top);
        this.gate = { g, plate: el('rect', { class: 'plate', rx: 10 }, g), t1: el('text', { class: 't1' }, g), t2: el('text', { class: 't2', 'text-anchor': 'end' }, g), t3: el('text', { class: 't3' }, g), linkA: el('path', { class: 'link' }, g), linkB: el('path', { class: 'link' }, g), rail: el('line', { class: 'rail' }, g), zone: el('rect', { class: 'zone', height: 14 }, g), cur: el('line', { class: 'tickline' }, g), past: el('g', { class: 'past' }, g), prog: el('rect', { class: 'prog', rx: 2.5, height: 5 }, g), bid: el('path', { d: SYMBOL.amazon, fill: 'var(--amazon)' }, g), ask: el('path', { d: SYMBOL.usps, fill: 'var(--usps)' }, g), lb: el('text', { class: 'lab', 'text-anchor': 'end' }, g), la: el('text', { class: 'lab' }, g), ring: el('path', { fill: 'var(--accent)' }, g), ring0: el('circle', { r: 6.5, fill: 'none', stroke: 'var(--muted)', 'stroke-width': 1.3 }, g), burst: el('circle', { class: 'burst', r: 10 }, g) };
        g.addEventListener('click', () => this.onpick && this.onpick('gate'));
        this.pillBox = el('g', {}, this.top);
    }
    resize() {
        const W = this.host.clientWidth, H = this.host.clientHeight;
        if (!W || !H) return;
        this.W = W; this.H = H; this.vert = W < 620;
        const r = Math.min(2, devicePixelRatio || 1); this.canvas.width = W * r; this.canvas.height = H * r; this.ratio = r;
        for (const s of [this.ribs, this.top]) s.setAttribute('viewBox', `0 0 ${W} ${H}`);
        this.grad.setAttribute('x2', this.vert ? 0 : 1); this.grad.setAttribute('y2', this.vert ? 1 : 0);
        this.handGrad.setAttribute('x1', this.vert ? 1 : 0); this.handGrad.setAttribute('y1', this.vert ? 0 : 1); this.handGrad.setAttribute('x2', 0); this.handGrad.setAttribute('y2', 0);
        for (const id in this.nodes) this.nodes[id].small = undefined; if (this.run && this.goal) { this.fit(); this.words(); this.stale = true; this.wake(); }
    }
    // One scale for a whole run, so that widths can be compared between months; it shrinks only where a month would not fit.
    fit() {
        const v = this.vert;
        this.g = v ? { size: [46, 76, 60], min: [56, 52, 96], gap: [10, 5, 6], first: 5, start: 84, len: this.W, edge: 0 } : { size: [112, 152, 150], min: [44, 46, 60], gap: [18, 12, 16], first: 88, start: 0, len: this.H - 24, edge: 22 };
        const G = this.g, total = v ? this.H - G.start : this.W, free = total - sum(G.size);
        G.u = [G.start, G.start + G.size[0] + free * (v ? 0.54 : 0.585), G.start + total - G.size[2]];
        let k = 1;
        for (const row of [this.run.rows[0].map((q) => 1.28 * q), ...this.run.rows]) {  // room for what is not simulated yet
            const x = this.volumes(vector(row));
            for (const [list, i] of [[x.send, 0], [x.carry, 1], [x.door, 2]]) {
                const gaps = i === 1 ? G.first + 3 * G.gap[1] : G.gap[i] * (list.length - 1);
                let lo = 0, hi = 0.5;
                for (let n = 0; n < 24; n++) { const mid = (lo + hi) / 2; if (sum(list.map((q) => Math.max(G.min[i], mid * q))) + gaps <= G.len) lo = mid; else hi = mid; }
                k = Math.min(k, lo);
            }
        }
        this.k = k;
    }
    volumes(x) {
        const A = x.subarray(0, 4), S = x.subarray(4, 9), L = x.subarray(9, 14), D = x.subarray(14, 29), B = x.subarray(29, 34);
        const inA = { amazon: A[0], usps: A[1], ups: A[2], fedex: A[3], regional: 0 };
        const into = SHOWN.map((k, i) => inA[k] + S[AT[i]] + L[AT[i]]), out = SHOWN.map((k, i) => D[3 * AT[i]] + D[3 * AT[i] + 1] + D[3 * AT[i] + 2]);
        return { A, S, L, D, B, inA, into, out, send: [A[0] + A[1] + A[2] + A[3], sum([...S]), sum([...L])], carry: SHOWN.map((k, i) => Math.max(into[i], out[i] + B[AT[i]])), door: DOORS.map(([, t]) => D[t] + D[3 + t] + D[6 + t] + D[9 + t] + D[12 + t]) };
    }
    place(x) {
        const G = this.g, k = this.k, pos = {};
        const column = (values, i, ids, first) => {
            const h = values.map((q) => Math.max(G.min[i], k * q)), n = h.length, fixed = first ? first + (n - 2) * G.gap[i] : (n - 1) * G.gap[i], extra = Math.max(0, G.len - sum(h) - fixed) / (n - 1);
            let at = G.edge;
            ids.forEach((id, j) => { pos[id] = { u: G.u[i], v: at, w: G.size[i], h: h[j] }; at += h[j] + (j === 0 && first ? first : G.gap[i]) + extra; });
        };
        column(x.send, 0, ['n-A', 'n-S', 'n-L']); column(x.carry, 1, SHOWN.map((s) => `n-${s}`), G.first); column(x.door, 2, DOORS.map(([d]) => `n-${d}`));
        return pos;
    }
    // The month of a run: `run` has rows and months, `m` counts from its start.
    set(run, m, { snap = false, quick = false, acting = {} } = {}) {
        const other = run !== this.run; this.run = run;
        if (!this.W) this.resize();
        const row = run.rows[m];
        if (!row) return;
        if ((other || !this.k) && this.W) this.fit();
        const from = this.m; this.m = m; this.month = run.months[m]; this.row = row; this.goal = vector(row); this.quick = quick;
        if (snap || calm.matches || !this.cur || other) this.cur = this.goal.slice();
        if (this.W && this.tooSmall()) this.fit();
        this.acting = acting;
        if (!calm.matches && !snap && m === from + 1) this.hop();
        this.words(); this.stale = true; this.wake();
    }
    focus(list) { if (this.show === list && this.focused) return; this.focused = true; this.show = list; const off = (id) => !!list && !list.includes(id); for (const id in this.paths) this.paths[id].classList.toggle('fade', off(id)); for (const id in this.nodes) this.nodes[id].g.classList.toggle('fade', off(id)); this.gate.g.classList.toggle('fade', !!list && !list.includes('gate') && !list.includes('A-usps')); this.minis.forEach((p) => p.classList.toggle('fade', !!list)); this.pillBox.style.opacity = list ? 0 : 1; this.wake(); }
    select(who) { for (const id in this.nodes) this.nodes[id].g.classList.toggle('sel', this.nodes[id].g.dataset.who === who && who !== ''); }
    hop() {
        const moves = this.month.moves; if (!moves || this.dots.length > 70) return;
        for (const [i, j, n] of moves) for (let q = 0; q < Math.min(5, Math.round(n / 5 + 0.2)); q++) this.dots.push({ a: ORDER[i], b: ORDER[j], t: -Math.random() * (this.quick ? 0.2 : 0.9), s: 0.9 + Math.random() * 0.5, o: Math.random(), p: Math.random() });
    }
    words() {
        const r = this.row, n = this.nodes, v = this.vert, T = (e, t) => { if (e.textContent !== t) e.textContent = t; };
        const label = (id, a, b, c = '') => { T(n[id].name, a); T(n[id].num, b); T(n[id].num2, c); };
        label('n-A', 'Amazon', brief(sum([...r.subarray(0, 12)]))); label('n-S', v ? 'Small' : 'Small shippers', brief(sum([...r.subarray(12, 17)]))); label('n-L', v ? 'Large' : 'Large shippers', brief(sum([...r.subarray(17, 22)])));
        SHOWN.forEach((k, i) => { const g = AT[i], vol = sum([...r.subarray(22 + 3 * g, 25 + 3 * g)]), used = Math.round(100 * r[42 + g]); label(`n-${k}`, CARRIERS[k][v ? 1 : 0], v ? brief(vol) : `${brief(vol)} \u00b7 ${used} % full`, v ? `${used} %` : ''); });
        DOORS.forEach(([d, t, name]) => { const all = sum(ORDER.map((_, g) => r[22 + 3 * g + t])), s = (g) => Math.round(100 * r[22 + 3 * g + t] / all); label(`n-${d}`, name, `USPS ${s(0)} %`, `Amazon ${s(1)} %`); const lead = s(0) > s(1) ? 0 : 1; n[`n-${d}`].num.style.fontWeight = lead === 0 ? 600 : 400; n[`n-${d}`].num2.style.fontWeight = lead === 1 ? 600 : 400; });
        for (const id in n) put(n[id].g, { 'aria-label': [n[id].name.textContent, n[id].num.textContent, n[id].num2.textContent].filter(Boolean).join(', ') });
        // the gate
        const G = this.gate, gate = this.month.gate; G.mode = gate.mode; T(G.t1, gate.title); T(G.t2, gate.side); T(G.t3, gate.note);
        G.g.classList.toggle('off', !gate.con && gate.mode !== 'met'); put(G.g, { 'aria-label': `Between Amazon and USPS. ${gate.title}, ${gate.side}. ${gate.note}` }); G.left = gate.left;
        const past = JSON.stringify(gate.past); if (G.pastKey !== past) { G.pastKey = past; G.past.replaceChildren(); for (const [who, price] of gate.past) G.past.append(el('path', { d: SYMBOL[who], fill: `var(--${who})`, 'data-p': price })); }
        if (gate.mode === 'met' && this.mode !== 'met' && !calm.matches && !this.quick) G.burst.animate([{ r: '6px', opacity: 0.9 }, { r: '46px', opacity: 0 }], { duration: 1400, easing: 'ease-out' });
        this.mode = gate.mode;
        // who acts
        this.pillBox.replaceChildren(); this.pills = [];
        for (const k in this.acting) { const g = el('g', { class: 'pill' }, this.pillBox), w = 14 + this.acting[k].length * 6.3; el('rect', { width: w, height: 21, rx: 10.5 }, g); const t = el('text', { x: w / 2, y: 14.8, 'text-anchor': 'middle' }, g); t.textContent = this.acting[k]; this.pills.push([k, g, w]); }
        for (const id in n) { const who = n[id].g.dataset.who; if (who && who in this.acting && !calm.matches && !this.quick) n[id].hot.animate([{ opacity: 0.9 }, { opacity: 0 }], { duration: 1300, easing: 'ease-out' }); }
    }
    tooSmall() { const x = this.volumes(this.goal), G = this.g; return [[x.send, 0], [x.carry, 1], [x.door, 2]].some(([list, i]) => sum(list.map((q) => Math.max(G.min[i], this.k * q))) + (i === 1 ? G.first + 3 * G.gap[1] : G.gap[i] * (list.length - 1)) > G.len + 1); }
    draw(all) {
        if (!this.cur || !this.g || !this.W) return;
        const x = this.volumes(this.cur), pos = this.place(x), k = this.k, v = this.vert, G = this.g;
        this.pos = pos; this.lines = {};
        const P = v ? (u, w) => `${w.toFixed(1)} ${u.toFixed(1)}` : (u, w) => `${u.toFixed(1)} ${w.toFixed(1)}`;
        const rib = (id, ua, va, ub, vb, w) => {
            const t = Math.max(w, w > 0.02 ? 0.7 : 0), m = (ua + ub) / 2;
            this.lines[id] = [ua, va + w / 2, ub, vb + w / 2, w];
            put(this.paths[id], { d: t ? `M${P(ua, va)}C${P(m, va)} ${P(m, vb)} ${P(ub, vb)}L${P(ub, vb + t)}C${P(m, vb + t)} ${P(m, va + t)} ${P(ua, va + t)}Z` : '' });
        };
        const slot = (p, used) => { let at = p.v + (p.h - used * k) / 2; return (q) => { const a = at; at += q * k; return a; }; };
        const into = {}; SHOWN.forEach((c, i) => { into[c] = slot(pos[`n-${c}`], x.into[i]); });
        for (const [id, list] of [['A', SHOWN.map((c) => x.inA[c])], ['S', AT.map((g) => x.S[g])], ['L', AT.map((g) => x.L[g])]]) {
            const p = pos[`n-${id}`], from = slot(p, sum(list));
            SHOWN.forEach((c, i) => { const q = list[i]; if (id === 'A' && c === 'regional') return; const key = id === 'A' && c === 'amazon' ? 'A-own' : `${id}-${c}`; rib(key, p.u + p.w, from(q), pos[`n-${c}`].u, into[c](q), q * k); });
        }
        const door = {}; DOORS.forEach(([d], i) => { door[d] = slot(pos[`n-${d}`], x.door[i]); });
        const outs = {};
        SHOWN.forEach((c, i) => { const g = AT[i], p = pos[`n-${c}`], b = g === 0 ? 0 : x.B[g], from = slot(p, x.out[i] + b); outs[c] = from(b); DOORS.forEach(([d, t]) => { const q = x.D[3 * g + t]; rib(`${c}-${d}`, p.u + p.w, from(q), pos[`n-${d}`].u, door[d](q), q * k); }); });
        // handed over for the last mile: out of one carrier and back into USPS
        const u = pos['n-usps'], uo = u.v + (u.h + x.out[1] * k) / 2; let back = uo;
        for (const [id, c, i] of [['H-ups', 'ups', 2], ['H-regional', 'regional', 4]]) {
            const p = pos[`n-${c}`], w = x.B[AT[i]] * k, a = outs[c], e = u.u + u.w; back -= w; const b = back, far = c === 'regional' ? 44 : 20 + w * 0.5;
            this.lines[id] = null;
            put(this.paths[id], { d: w > 0.35 ? `M${P(e, a)}C${P(e + far, a)} ${P(e + far, b + w)} ${P(e, b + w)}L${P(e, b)}C${P(e + far + w * 1.34, b)} ${P(e + far + w * 1.34, a + w)} ${P(e, a + w)}Z` : '' });
        }
        const handAt = v ? [(outs.ups + uo) / 2, u.u + u.w + 14 + x.B[2] * k * 0.7] : [u.u + u.w + 16 + x.B[2] * k * 0.7, (outs.ups + uo) / 2];
        // nodes
        const used = { 'n-A': x.send[0], 'n-S': x.send[1], 'n-L': x.send[2] }; SHOWN.forEach((c, i) => { used[`n-${c}`] = x.carry[i]; }); DOORS.forEach(([d], i) => { used[`n-${d}`] = x.door[i]; });
        for (const id in this.nodes) this.drawNode(id, pos[id], used[id] * k, v);
        this.heads.forEach((e, i) => put(e, { visibility: v ? 'hidden' : 'visible', x: G.u[i] + 2, y: 13 }));
        // small clasps on other contracts
        const link = (e, on, px, py) => { put(e, { visibility: on ? 'visible' : 'hidden', transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`, d: 'M-1.500 -3H-3a3 3 0 0 0 0 6h1.500M1.500 -3H3a3 3 0 0 1 0 6H1.500M-2 0H2' }); };
        ['ups', 'fedex'].forEach((c, i) => { const l = this.lines[`A-${c}`], m = [l[0] + (l[2] - l[0]) * 0.86, l[1] + (l[3] - l[1]) * 0.955]; link(this.minis[i], this.month.links[i] && l[4] > 1.5, v ? m[1] : m[0], v ? m[0] : m[1]); });
        link(this.minis[2], this.month.links[2], handAt[0], handAt[1]);
        this.drawGate(pos, x);
        const ends = [];  // where each row of pills ends: on a narrow screen one that would cover another goes below it
        for (const [who, g, w] of this.pills) {
            const p = pos[`n-${who}`];
            if (!p) continue;
            const px = v ? Math.max(0, Math.min(this.W - w, p.v + p.h / 2 - w / 2)) : p.u + p.w + 5;
            const free = ends.findIndex((end) => end < px), row = v ? (free < 0 ? ends.length : free) : 0;
            ends[row] = px + w;
            const py = v ? p.u + p.w + 4 + 24 * row : p.v + p.h / 2 - 10.5;
            put(g, { transform: `translate(${px.toFixed(0)} ${py.toFixed(0)})` });
        }
    }
    drawNode(id, p, used, v) {
        const n = this.nodes[id], S = put;
        const x = v ? p.v : p.u, y = v ? p.u : p.v, w = v ? p.h : p.w, h = v ? p.w : p.h, kind = id in { 'n-A': 1, 'n-S': 1, 'n-L': 1 } ? 0 : SHOWN.some((c) => `n-${c}` === id) ? 1 : 2;
        put(n.g, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
        S(n.box, { width: w, height: h }); S(n.hot, { x: -4, y: -4, width: w + 8, height: h + 8 });
        const e = (edge, on, far) => { put(edge, { visibility: on ? 'visible' : 'hidden' }); if (!on) return; if (v) S(edge, { x: (w - used) / 2, y: far ? h - 4 : 0, width: Math.max(0, used), height: 4 }); else S(edge, { x: far ? w - 4 : 0, y: (h - used) / 2, width: 4, height: Math.max(0, used) }); };
        e(n.e0, kind > 0, false); e(n.e1, kind < 2, true);
        const g = SHOWN.indexOf(id.slice(2)), gi = g >= 0 ? AT[g] : -1;
        if (v) {
            const small = w < 74; n.fs = 0; put(n.pic, { visibility: 'hidden' });
            S(n.name, { x: w / 2, y: kind === 1 ? 24 : kind === 0 ? 20 : 22, 'text-anchor': 'middle', 'font-size': small ? 12 : 13.5 }); if (n.small !== small) n.name.style.fontSize = small ? '12px' : '13.5px';
            S(n.num, { x: w / 2, y: kind === 1 ? 40 : kind === 0 ? 36 : 38, 'text-anchor': 'middle' }); S(n.num2, { x: w / 2, y: 53, 'text-anchor': 'middle', visibility: kind === 1 ? 'hidden' : 'visible' }); if (n.small !== small) { n.num.style.fontSize = n.num2.style.fontSize = small ? '11.5px' : '12.5px'; n.small = small; }
            for (const e of [n.s1, n.s2]) put(e, { visibility: 'hidden' });
            const gw = w - 14; this.gauge(n, gi, 7, 52, gw);
            return;
        }
        put(n.pic, { visibility: 'visible' });
        const c = Math.round(h) / 2, tall = kind === 1 || kind === 2;
        put(n.pic, { transform: kind === 0 ? (h >= 74 ? `translate(${w / 2 - 13} ${c - 35}) scale(1.080)` : `translate(8 ${c - 12})`) : `translate(11 ${c - (kind === 1 ? 17 : 12)})` });
        if (n.fs !== 1) { n.fs = 1; n.name.style.fontSize = '14px'; n.num.style.fontSize = n.num2.style.fontSize = id === 'n-rural' ? '13.5px' : '12.5px'; }
        if (kind === 0) { const big = h >= 74; if (!big) put(n.pic, { visibility: 'hidden' }); S(n.name, { x: w / 2 - 2, y: big ? c + 11 : c - 3, 'text-anchor': 'middle' }); S(n.num, { x: w / 2 - 2, y: big ? c + 27 : c + 13, 'text-anchor': 'middle' }); } else if (kind === 1) { S(n.name, { x: 43, y: c - 6, 'text-anchor': 'start' }); S(n.num, { x: 43, y: c + 9, 'text-anchor': 'start' }); this.gauge(n, gi, 43, c + 14, w - 56); } else { S(n.name, { x: 43, y: c - 11, 'text-anchor': 'start' }); S(n.num, { x: 56, y: c + 6, 'text-anchor': 'start' }); S(n.num2, { x: 56, y: c + 22, 'text-anchor': 'start' }); S(n.s1, { transform: `translate(43 ${c - 2.5}) scale(.9)`, visibility: 'visible' }); S(n.s2, { transform: `translate(43 ${c + 13.2}) scale(.95)`, visibility: 'visible' }); }
        if (!tall) this.gauge(n, -1);
    }
    gauge(n, g, x, y, w) {
        if (g < 0) { for (const e of [n.gb, n.gf, n.go]) put(e, { visibility: 'hidden' }); return; }
        const full = this.cur[34 + g] / 100, more = this.cur[39 + g], unit = w / (1 + Math.max(0.12, more)), r = (q) => Math.round(q * 2) / 2;
        put(n.gb, { visibility: 'visible', x, y, width: r(unit) }); put(n.gf, { visibility: 'visible', x, y, width: r(unit * full) }); put(n.go, { x: r(x + unit + 1.5), y, width: r(Math.max(0, unit * more - 2)), visibility: more > 0.012 ? 'visible' : 'hidden' });
    }
    drawGate(pos) {
        const G = this.gate, v = this.vert, a = pos['n-A'], c = pos['n-amazon'], u = pos['n-usps'], h = 76;
        const room = v ? this.W : c.u - a.u - a.w - 20, w = Math.min(v ? this.W : 290, room), x = v ? 0 : a.u + a.w + (c.u - a.u - a.w - w) / 2, y = v ? 2 : c.v + c.h + (u.v - c.v - c.h - h) / 2;
        const S = put;
        put(G.g, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }); S(G.plate, { width: w, height: h }); const gate = this.month.gate, con = gate.con, off = !con && G.mode !== 'met', gap = off ? 3.5 : 0, tilt = off ? 14 : 0;
        S(G.t1, { x: off ? 40 : 35, y: 19.5 }); S(G.t2, { x: w - 27, y: 19.5 }); S(G.t3, { x: 12, y: 69 });
        S(G.linkA, { d: 'M-1 -4.500H-4a4.500 4.500 0 0 0 0 9H-1', transform: `translate(${19 - gap} 15) rotate(${-tilt})` }); S(G.linkB, { d: 'M1 -4.500H4a4.500 4.500 0 0 1 0 9H1', transform: `translate(${19 + gap} 15) rotate(${tilt})` });
        G.cross ||= el('path', { class: 'link' }, G.g); S(G.cross, { d: 'M-3 0H3', transform: 'translate(19 15)', visibility: off ? 'hidden' : 'visible' });
        S(G.ring0, { cx: w - 15, cy: 15 }); const A = G.left * 2 * Math.PI; put(G.ring, { d: G.left <= 0 ? '' : G.left > 0.995 ? `M${w - 15} 9a6 6 0 1 1 -0.100 0z` : `M${w - 15} 15V9A6 6 0 ${G.left > 0.5 ? 1 : 0} 1 ${w - 15 + 6 * Math.sin(A)} ${15 - 6 * Math.cos(A)}Z` });
        const span = [...gate.past.map((o) => o[1]), gate.cur, gate.bid, gate.ask, gate.met, ...(gate.zone || [])].filter((q) => q !== null), lo = Math.min(...span) - 0.12, hi = Math.max(...span) + 0.12, x0 = 22, x1 = w - 22, X = (p) => x0 + (Math.min(hi, Math.max(lo, p)) - lo) / (hi - lo) * (x1 - x0), bids0 = G.mode === 'bids' || G.mode === 'met', ry = bids0 ? 49 : 40;
        const bids = G.mode === 'bids' || G.mode === 'met', vis = (e, on) => put(e, { visibility: on ? 'visible' : 'hidden' });
        S(G.rail, { x1: 14, x2: w - 14, y1: ry, y2: ry });
        const tick = gate.cur;
        S(G.cur, { x1: X(tick), x2: X(tick), y1: ry - 8, y2: ry + 8 }); vis(G.cur, bids);
        const ease = (name, goal) => { const old = this.marks[name]; this.marks[name] = goal === null ? null : old === null || calm.matches || this.quick ? goal : old + (goal - old) * 0.16; return this.marks[name]; };
        const met = gate.met, bid = ease('bid', met ?? gate.bid), ask = ease('ask', met ?? gate.ask);
        this.moving = bids && ((bid !== null && Math.abs(bid - (met ?? gate.bid)) > 0.004) || (ask !== null && Math.abs(ask - (met ?? gate.ask)) > 0.004));
        vis(G.bid, bids && bid !== null); vis(G.ask, bids && ask !== null); vis(G.lb, bids && bid !== null); vis(G.la, bids && ask !== null && G.mode !== 'met');
        if (bid !== null) { S(G.bid, { transform: `translate(${X(bid) - 7} ${ry - 7}) scale(1.400)` }); if (G.lbt !== (met ?? gate.bid)) { G.lbt = met ?? gate.bid; G.lb.textContent = usd(G.lbt); } }
        if (ask !== null) { S(G.ask, { transform: `translate(${X(ask) - 6} ${ry - 6}) scale(1.200)` }); if (G.lat !== gate.ask) { G.lat = gate.ask; G.la.textContent = usd(gate.ask ?? 0); } }
        if (bids) {
            const swap = ask !== null && bid !== null && ask < bid && met === null, alone = ask === null || met !== null, clamp = (q) => Math.max(14, Math.min(w - 14, q));
            const at = (e, q, end) => { const px = clamp(X(q) + (alone ? 0 : end ? 9 : -9)), anchor = alone ? (px < 32 ? 'start' : px > w - 32 ? 'end' : 'middle') : end ? (px < 48 ? 'start' : 'end') : px > w - 48 ? 'end' : 'start'; S(e, { x: px, y: ry - 11, 'text-anchor': anchor }); };
            if (!alone && Math.abs(X(bid) - X(ask)) < 80) for (const [e, q, left] of [[G.lb, bid, !swap], [G.la, ask, swap]]) S(e, { x: X(q) + (left ? -3 : 3), y: ry - 11, 'text-anchor': left ? 'end' : 'start' });
            else { if (bid !== null) at(G.lb, bid, !swap); if (ask !== null) at(G.la, ask, swap); }
        }
        S(G.burst, { cx: X(met ?? bid ?? 3), cy: ry });
        for (const e of G.past.children) put(e, { transform: `translate(${X(+e.dataset.p) - 4} ${ry - 4}) scale(0.800)` });
        vis(G.zone, !!gate.zone); if (gate.zone) S(G.zone, { x: X(gate.zone[0]), width: Math.max(0, X(gate.zone[1]) - X(gate.zone[0])), y: ry - 7 });
        vis(G.prog, G.mode === 'run' || G.mode === 'open'); S(G.prog, { x: 12, y: ry - 2.5, width: Math.max(2, gate.part * (w - 24)) });
    }
    wake() { if (!this.running) { this.running = true; this.last = performance.now(); requestAnimationFrame(this.frame); } }
    frame(now) {
        const begun = performance.now(), dt = Math.min(0.1, (now - this.last) / 1000); this.last = now;
        let moved = false;
        if (this.cur && this.goal) {
            const pull = 1 - Math.exp(-dt / (this.quick ? 0.06 : 0.22));
            for (let i = 0; i < this.cur.length; i++) { const d = this.goal[i] - this.cur[i]; if (Math.abs(d) > 0.4 || (i > 33 && Math.abs(d) > 0.002)) { this.cur[i] += d * pull; moved = true; } else this.cur[i] = this.goal[i]; }
        }
        if (moved || this.moving || this.stale) { this.draw(); this.stale = false; }
        const live = this.particles(dt);
        this.spend.push(performance.now() - begun); if (this.spend.length > 2000) this.spend.shift();
        if (moved || live || this.moving) requestAnimationFrame(this.frame); else this.running = false;
    }
    particles(dt) {
        const c = this.ctx, r = this.ratio; if (!this.lines) return false;
        const any = this.flow || this.dots.length || this.painted; if (!any || calm.matches) { if (this.painted) { c.clearRect(0, 0, this.canvas.width, this.canvas.height); this.painted = false; } return false; }
        c.setTransform(r, 0, 0, r, 0, 0); c.clearRect(0, 0, this.W, this.H); this.painted = false;
        const css = this.css ||= this.readColours();
        if (this.flow) {
            if (!this.bits.length) for (let i = 0; i < 420; i++) this.bits.push({ id: null, t: Math.random(), o: 0, s: 1, q: Math.random() });
            const ids = Object.keys(this.lines).filter((id) => this.lines[id] && (!this.show || this.show.includes(id)) && this.lines[id][4] > 0.5), cum = []; let tot = 0;
            for (const id of ids) { tot += this.lines[id][4]; cum.push(tot); }
            const count = Math.min(this.bits.length, Math.round(tot * 0.42) + 14);
            for (let i = 0; i < count && tot > 0; i++) {
                const b = this.bits[i]; b.t += dt * (0.32 + 0.12 * b.q) * (this.quick ? 1.8 : 1);
                if (b.t >= 1 || !b.id || !this.lines[b.id] || (this.show && !this.show.includes(b.id))) { const z = Math.random() * tot; let j = 0; while (cum[j] < z) j++; b.id = ids[j]; b.t = b.t >= 1 ? 0 : b.t % 1; b.o = Math.random() - 0.5; }
                const l = this.lines[b.id], t = b.t, s = 1 - t, um = (l[0] + l[2]) / 2, u = s * s * s * l[0] + 3 * s * s * t * um + 3 * s * t * t * um + t * t * t * l[2], w = l[1] + (l[3] - l[1]) * (t * t * (3 - 2 * t)) + b.o * Math.max(0, l[4] - 4);
                c.fillStyle = css[b.id] || css.def; c.globalAlpha = Math.min(1, 6 * t, 6 * s) * 0.85; const z = 3.4; if (this.vert) c.fillRect(w - z / 2, u - z / 2, z, z); else c.fillRect(u - z / 2, w - z / 2, z, z);
                this.painted = true;
            }
        }
        c.globalAlpha = 1;
        this.dots = this.dots.filter((d) => d.t < 1);
        for (const d of this.dots) {
            d.t += dt / d.s * (this.quick ? 3 : 1); if (d.t < 0) continue;
            const a = this.pos[`n-${d.a}`], b = this.pos[`n-${d.b}`]; if (!a || !b) continue;
            const va = a.v + a.h * (0.2 + 0.6 * d.o), vb = b.v + b.h * (0.2 + 0.6 * d.p), far = 16 + Math.min(44, Math.abs(vb - va) * 0.22), t = Math.min(1, d.t), e = t * t * (3 - 2 * t), u = a.u - 4 - far * 4 * e * (1 - e), w = va + (vb - va) * e;
            c.beginPath(); c.arc(this.vert ? w : u, this.vert ? u : w, 3.6, 0, 7); c.fillStyle = css[d.b]; c.fill(); c.lineWidth = 1.4; c.strokeStyle = css.card; c.stroke(); this.painted = true;
        }
        return this.flow || this.dots.length > 0 || this.painted;
    }
    readColours() {
        const s = getComputedStyle(this.host), v = (k) => s.getPropertyValue('--' + k).trim(), out = { card: v('card'), def: v('muted') };
        for (const k of SHOWN) { out[k] = v(k); for (const q of ['A', 'S', 'L']) out[`${q}-${k}`] = v(k); for (const [d] of DOORS) out[`${k}-${d}`] = v(k); }
        out['A-own'] = v('amazon'); out['A-usps'] = v('card'); return out;
    }
    theme() { this.css = null; this.stale = true; this.wake(); }
    close() { this.watch.disconnect(); this.flow = false; this.dots = []; tip(); }
    hover(e) {
        if (this.flow || e.pointerType === 'touch') return tip();
        const hit = document.elementsFromPoint(e.clientX, e.clientY), node = hit.find((n) => n.closest && n.closest('.node,.gate')); if (node) return tip();
        const rib = hit.find((n) => n.classList && n.classList.contains('rib') && !n.classList.contains('fade')); if (!rib) return tip();
        const [a, b] = rib.dataset.id.split('-'), x = this.volumes(this.goal), who = { A: 'Amazon', S: 'Small shippers', L: 'Large shippers' }, nm = { ...NAMES, rural: 'the countryside', sub: 'the suburbs', city: 'the cities' };
        let v, text; if (a === 'H') { v = x.B[ORDER.indexOf(b)]; text = `${NAMES[b]} hand${b === 'regional' ? '' : 's'} USPS the last mile of ${par(v)} parcels a year`; } else if (who[a]) { const c = b === 'own' ? 'amazon' : b, g = ORDER.indexOf(c); v = a === 'A' ? x.inA[c] : a === 'S' ? x.S[g] : x.L[g]; text = `${who[a]} give${a === 'A' ? 's' : ''} ${b === 'own' ? 'its own vans' : NAMES[c]} ${par(v)} parcels a year`; } else { const g = ORDER.indexOf(a), t = DOORS.find((d) => d[0] === b)[1]; v = x.D[3 * g + t]; text = `${NAMES[a]} bring${a === 'regional' ? '' : 's'} ${par(v)} parcels a year to ${nm[b]}`; }
        tip(text, e.clientX, e.clientY - 10);
    }
}
lastmile.storyParts.Stage = Stage;
})();
