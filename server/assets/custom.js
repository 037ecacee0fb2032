// Runs in the page before Solara starts: language, zoom, light or dark, and what the charts share.
(function () {
    document.documentElement.lang = 'en';
    document.querySelector('meta[name=viewport]').content = 'width=device-width, initial-scale=1';

    const THEME_KEY = ':solara:theme.variant';
    const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
    const stored = () => { try { return JSON.parse(localStorage.getItem(THEME_KEY)); } catch (e) { return null; } };
    let onPaper = false;  // which is white
    const isDark = () => !onPaper && (stored() || (prefersDark.matches ? 'dark' : 'light')) === 'dark';
    const listeners = new Set();

    function applyTheme() {
        const name = isDark() ? 'dark' : 'light';
        theme.variant = name;  // Solara's own setting; its "auto" leaves the page blank
        document.documentElement.dataset.theme = name;
        document.documentElement.style.colorScheme = name;
        listeners.forEach((listener) => listener());
    }
    prefersDark.addEventListener('change', applyTheme);
    addEventListener('beforeprint', () => { onPaper = true; applyTheme(); });
    addEventListener('afterprint', () => { onPaper = false; applyTheme(); });

    // Big files are fetched and taken apart when something is to be drawn with them, and once.
    const once = (make) => { let made = null; return () => made ||= make(); };
    // A script of its own, which a browser reads beside everything else; requirejs takes what it hands over.
    const loadECharts = once(() => new Promise((done, fail) => requirejs([window.lastmileFiles['echarts.js']], done, fail)));

    // Charts that are to be drawn wait for one another, so that a press and a picture find their way between two of them.
    let turns = Promise.resolve();
    const turn = () => turns = turns.then(() => new Promise((done) => setTimeout(done)));

    // The point inside a ring that is farthest from its edge: there a marker stands in its state. The middle of the box
    // around it may lie in the sea, or in another state.
    function middle(points, cells = 14, rounds = 3) {
        const xs = Float64Array.from(points, (p) => p[0]), ys = Float64Array.from(points, (p) => p[1]), count = points.length;
        let [left, right, top, bottom] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b)), ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
        let best = [(left + right) / 2, (top + bottom) / 2], most = -Infinity;
        const room = (x, y) => {
            let inside = false, nearest = Infinity;
            for (let i = 0, j = count - 1; i < count; j = i++) {
                const ax = xs[i], ay = ys[i], by = ys[j], dx = xs[j] - ax, dy = by - ay;
                if ((ay > y) !== (by > y) && x < (dx * (y - ay)) / dy + ax) inside = !inside;
                const at = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
                nearest = Math.min(nearest, (ax + at * dx - x) ** 2 + (ay + at * dy - y) ** 2);
                if (nearest <= most) return -Infinity;  // less than what is found already
            }
            return inside ? nearest : -nearest;
        };
        for (let round = 0; round < rounds; round++) {
            const [w, h] = [(right - left) / cells, (bottom - top) / cells];
            for (let i = 0; i <= cells; i++) {
                for (let j = 0; j <= cells; j++) {
                    const x = left + i * w, y = top + j * h, found = room(x, y);
                    if (found > most) { most = found; best = [x, y]; }
                }
            }
            [left, right, top, bottom] = [best[0] - w, best[0] + w, best[1] - h, best[1] + h];
        }
        return best;
    }

    // One SVG path and one middle per state, in FIPS order, from TopoJSON with delta-encoded arcs.
    const loadStates = once(async () => {
        const topology = await (await fetch(window.lastmileFiles['states.json'])).json();
        const { scale, translate } = topology.transform;
        const arcs = topology.arcs.map((arc) => {
            let x = 0, y = 0;
            return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
        });
        const ring = (indices) => indices.flatMap((index, position) => {
            const points = index < 0 ? arcs[~index].slice().reverse() : arcs[index];
            return position ? points.slice(1) : points;
        });
        const area = (points) => Math.abs(points.reduce((sum, [x, y], i) => {
            const [nextX, nextY] = points[(i + 1) % points.length];
            return sum + x * nextY - nextX * y;
        }, 0)) / 2;
        return topology.objects.states.geometries.slice().sort((a, b) => (a.id < b.id ? -1 : 1)).map((geometry) => {
            const polygons = geometry.type === 'Polygon' ? [geometry.arcs] : geometry.arcs;
            const rings = polygons.flat().map(ring);
            const largest = rings.reduce((best, points) => (area(points) > area(best) ? points : best));
            const [x, y] = middle(largest);
            return {
                name: geometry.properties.name,
                path: rings.map((points) => 'M' + points.map((p) => p.map((v) => v.toFixed(1)).join(',')).join('L') + 'Z').join(''),
                x, y, size: area(largest),
            };
        });
    });

    const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

    const SYMBOLS = {
        circle: 'M5 1a4 4 0 1 0 .01 0Z', diamond: 'M5 .4 9.6 5 5 9.6.4 5Z', rect: 'M1.4 1.4h7.2v7.2H1.4Z',
        triangle: 'M5 .8 9.6 9H.4Z', pin: 'M5 9.6 1.6 4.6a3.5 3.5 0 1 1 6.8 0Z', none: 'M0 4h10v2H0Z',
    };

    // The part of the address that names the run; each page has its own names beside it, which stay.
    let run = null;
    const ofRun = (name) => ['scenario', 'seed', 'month', 'seat', 'moves'].includes(name) || name.startsWith('set.');
    function withRun(address) {
        if (run === null) return address;
        const url = new URL(address || location.href, location.href);
        if (url.origin !== location.origin) return address;
        const parts = new URLSearchParams();
        [...url.searchParams].forEach(([name, value]) => { if (!ofRun(name)) parts.append(name, value); });
        new URLSearchParams(run).forEach((value, name) => parts.append(name, value));
        const query = parts.toString().replaceAll('%3A', ':');
        return url.pathname + (query ? `?${query}` : '') + url.hash;
    }
    const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
    history.pushState = (state, title, address) => push(state, title, withRun(address));
    history.replaceState = (state, title, address) => replace(state, title, withRun(address));
    window.addEventListener('popstate', () => replace(history.state, '', withRun()));

    window.lastmile = {
        withRun,
        setRun(query) { run = query; if (withRun() !== location.pathname + location.search + location.hash) replace(history.state, '', withRun()); },
        // What the county map shows; it is no page of its own, so the server's router is not told.
        setMap(query) { this.setPage(['map', 'layer', 'mode', 'county'], query); },
        // What a page shows, by the names that are its own; the rest of the address stays.
        setPage(names, query) {
            const url = new URL(location.href);
            names.forEach((name) => url.searchParams.delete(name));
            const parts = [query, url.searchParams.toString()].filter(Boolean).join('&');
            history.replaceState(history.state, '', url.pathname + (parts ? `?${parts}` : '') + url.hash);
        },
        get echarts() { return loadECharts(); },
        get states() { return loadStates(); },
        symbolPath: (name) => SYMBOLS[name] || SYMBOLS.none,
        isDark,
        terms: {},
        setTerms(found) { this.terms = found; },
        css: (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(),
        colour: (series) => (isDark() ? series.dark : series.light),
        floats: (data) => data && data.byteLength
            ? new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
            : new Float32Array(0),
        // Downloads what a data URL, or the address of a blob, holds.
        saveFile(url, name) {
            const link = document.createElement('a');
            link.href = url;
            link.download = name;
            link.click();
        },
        // The shape whose middle lies nearest in the direction of an arrow key; -1 where there is none, or another key.
        towards(shapes, at, key) {
            const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] || [0, 0];
            if ((!dx && !dy) || !shapes.length) return -1;
            const here = at >= 0 ? shapes[at] : { x: 450, y: 310 };
            let best = -1, least = Infinity;
            shapes.forEach((shape, i) => {
                const along = (shape.x - here.x) * dx + (shape.y - here.y) * dy, aside = Math.abs((shape.x - here.x) * dy) + Math.abs((shape.y - here.y) * dx);
                if (i !== at && along > 0.5 && along + 2.5 * aside < least) { least = along + 2.5 * aside; best = i; }
            });
            return best;
        },
        // Where a key leads in a row or list of so many; -1 for another key.
        along(key, at, count) {
            const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: count - 1, PageDown: at + 10, PageUp: at - 10 }[key];
            return to === undefined || !count ? -1 : Math.max(0, Math.min(count - 1, to));
        },
        // A list is one stop of the Tab key; arrows lead through it. `selector` finds what can be chosen in it.
        rove(event, selector) {
            const all = [...event.currentTarget.querySelectorAll(selector)], at = all.indexOf(document.activeElement), to = this.along(event.key, at, all.length);
            if (at < 0 || to < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
            event.preventDefault();
            event.stopPropagation();
            all[to].focus();
        },
        // Names of so many months from one such as 2025-01 on.
        months(first, count) {
            const [year, month] = first.split('-').map(Number);
            return Array.from({ length: count }, (_, i) => `${MONTHS[(month - 1 + i) % 12]} ${year + Math.floor((month - 1 + i) / 12)}`);
        },
        // A number with at least and at most so many decimals; a dash where there is none.
        number(value, fewest, most = fewest) {
            if (value === null || value === undefined || Number.isNaN(value)) return '–';
            return Number(value).toLocaleString('en-US', { minimumFractionDigits: fewest, maximumFractionDigits: most }).replace('-', '−');
        },
        // A chart in an element, once ECharts is here, that follows its size and the theme; nothing where the element has gone.
        async chart(place, onTheme) {
            const echarts = await this.echarts;
            await turn();
            const element = place();
            if (!element) return null;
            // As SVG, so that what is drawn stands in the document: a canvas is blank in a page that one saves.
            const chart = echarts.init(element, null, { renderer: 'svg' }), forget = this.onTheme(onTheme), observer = new ResizeObserver(() => chart.resize());
            const hide = () => element.querySelectorAll('svg').forEach((svg) => svg.setAttribute('aria-hidden', 'true'));  // the element has the words
            hide();
            chart.on('finished', hide);
            observer.observe(element);
            return { chart, close() { forget(); observer.disconnect(); chart.dispose(); } };
        },
        onTheme(listener) { listeners.add(listener); return () => listeners.delete(listener); },
        toggleTheme() {
            localStorage.setItem(THEME_KEY, JSON.stringify(isDark() ? 'light' : 'dark'));
            applyTheme();
        },
    };
    applyTheme();

    // Solara shows a bar while a page loads and gives it no name.
    new MutationObserver(() => document.querySelectorAll('.v-progress-linear:not([aria-label])')
        .forEach((bar) => bar.setAttribute('aria-label', 'Loading'))).observe(document.documentElement, { childList: true, subtree: true });

    // Parts with files of their own, which wait for `lastmile`; those of the story are fetched when it is opened. The
    // server has told where they are.
    const files = window.lastmileFiles;
    const load = (name) => new Promise((done, fail) => {
        const script = document.createElement('script');
        Object.assign(script, { src: files[name], onload: done, onerror: fail });
        document.head.append(script);
    });
    const style = (name) => new Promise((done) => {
        const link = document.createElement('link');
        Object.assign(link, { rel: 'stylesheet', href: files[name], onload: done });
        document.head.append(link);
    });
    lastmile.parts = load('parts.js');
    lastmile.counties = async () => { await lastmile.parts; return lastmile.countyShapes(); };
    style('seat.css');
    lastmile.openStory = once(() => Promise.all([style('story.css'), load('story.js')]).then(() => lastmile.story));
    if (location.pathname.endsWith('/story')) lastmile.openStory();
})();
