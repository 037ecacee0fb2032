// The county map: outlines of counties.bin (see server/studies/county_shapes.py), fetched once and only when asked for.
(function () {
    let shapes = null;

    async function load() {
        const answer = await fetch(window.lastmileFiles['counties.bin']);
        if (!answer.ok) throw new Error(`counties.bin: ${answer.status}`);
        const content = new Uint8Array(await answer.arrayBuffer()), end = content.indexOf(10);
        const head = JSON.parse(new TextDecoder().decode(content.subarray(0, end)));
        let at = end + 1, x = 0, y = 0, last = 0;
        const next = () => {
            let value = 0, shift = 0, byte;
            do { byte = content[at++]; value |= (byte & 127) << shift; shift += 7; } while (byte > 127);
            return value;
        };
        const signed = () => { const value = next(); return value % 2 ? -(value + 1) / 2 : value / 2; };
        const arcs = Array.from({ length: head.arcs }, () => Array.from({ length: next() + 1 }, () => [(x += signed()), (y += signed())]));
        const ring = () => {
            const points = [];
            for (let left = next(); left > 0; left--) {
                last += signed();
                const line = last < 0 ? arcs[~last].slice().reverse() : arcs[last];
                points.push(...(points.length ? line.slice(1) : line));
            }
            return points;
        };
        const names = head.names.split('|').map((name) => name.replace(/~$/, ' County'));
        return head.ids.split(' ').map((id, i) => {
            const rings = Array.from({ length: next() }, ring);
            const largest = rings.reduce((best, points) => (points.length > best.length ? points : best));
            const xs = largest.map((point) => point[0]), ys = largest.map((point) => point[1]);
            return {
                id, name: names[i],
                path: rings.map((points) => 'M' + points.map((point) => point.map((v) => v / head.scale).join(',')).join('L') + 'Z').join(''),
                x: (Math.min(...xs) + Math.max(...xs)) / 2 / head.scale, y: (Math.min(...ys) + Math.max(...ys)) / 2 / head.scale,
            };
        });
    }

    lastmile.countyShapes = () => (shapes = shapes || load().then(Object.freeze).catch((error) => {
        shapes = null;  // to be asked for again
        throw error;
    }));
})();
