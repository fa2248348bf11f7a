//! Windows moving over a source: which elements of it meet which elements of a target.

use super::Geometry;
use std::array::from_fn;
use std::ops::Range;
use std::ptr;

/// Pixels of a box, about: as many as a sum over them may have before it is cut.
const BOX: usize = 512;

/// One spatial axis: position `o` reads the source at `o · advance + tap` and belongs to `first + o · step` of the target.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) positions: usize,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) advance: usize,
    pub(super) first: usize,
    pub(super) step: usize,
    /// Offsets in the source, and places in the kernel.
    pub(super) taps: Vec<(isize, usize)>,
}

impl Axis {
    fn least(&self) -> isize {
        self.taps.iter().map(|tap| tap.0).min().unwrap_or(0)
    }

    fn most(&self) -> isize {
        self.taps.iter().map(|tap| tap.0).max().unwrap_or(0)
    }

    /// How much of the source so many positions see.
    fn seen(&self, positions: usize) -> usize {
        (positions - 1) * self.advance + (self.most() - self.least()) as usize + 1
    }

    fn is_inside(&self) -> bool {
        self.taps.is_empty() || (self.least() >= 0 && self.least() as usize + self.seen(self.positions) <= self.source)
    }
}

/// A part of all positions: images, then spatial axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: [usize; 4],
    pub(super) size: [usize; 4],
}

/// All positions of the window, cut into boxes.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    axes: [Axis; 3],
    kernel: [usize; 3],
    /// Channels of a pixel of the source, of what is read of it, and of the target.
    source: usize,
    channels: usize,
    targets: usize,
    /// Images and positions; the size of a box.
    whole: [usize; 4],
    size: [usize; 4],
    /// Whether the source is read where it lies, because no window leaves it.
    direct: bool,
    /// Dimensions of what is read: the source's, or a strip's.
    frame: [usize; 4],
}

impl Sweep {
    fn new(g: &Geometry, axes: [Axis; 3], channels: usize, targets: usize) -> Self {
        let images = g.images;
        let whole = [images, axes[0].positions, axes[1].positions, axes[2].positions];
        let mut size = [1; 4];
        let mut room = BOX;
        for axis in (0..4).rev() {
            let most = room.clamp(1, whole[axis].max(1));
            // As few parts as can be, of nearly equal size.
            size[axis] = whole[axis].max(1).div_ceil(whole[axis].max(1).div_ceil(most));
            room /= size[axis];
        }
        let direct = axes.iter().all(Axis::is_inside);
        let frame = if direct {
            [images, axes[0].source, axes[1].source, axes[2].source]
        } else {
            from_fn(|i| if i == 0 { size[0] } else { axes[i - 1].seen(size[i]) })
        };
        Self { axes, kernel: g.kernel, source: channels, channels, targets, whole, size, direct, frame }
    }

    /// The window over the input; targets are the output's pixels.
    pub(super) fn forward(g: &Geometry) -> Self {
        let axes = from_fn(|i| Axis {
            positions: g.output[i],
            source: g.input[i],
            target: g.output[i],
            advance: g.strides[i],
            first: 0,
            step: 1,
            taps: (0..g.kernel[i]).map(|k| ((k * g.dilation[i]) as isize - g.low[i] as isize, k)).collect(),
        });
        Self::new(g, axes, g.channels, g.filters)
    }

    /// The same over a copy of `channels` of a pixel's, for sums along pixels: so many of them lie close together.
    pub(super) fn narrowed(self, channels: usize) -> Self {
        let frame = self.seen(self.size);
        Self { channels, direct: false, frame, ..self }
    }

    /// The windows over the output that give the input's gradient: one for each remainder of a stride.
    ///
    /// Pixel `i` of the input met pixel `o` of the output at place `k` where `i + low = o · stride + k · dilation`. So
    /// with `i + low = q · stride + r`, only places with `k · dilation` of remainder `r` count, and then
    /// `o = q - (k · dilation - r) / stride`.
    pub(super) fn backward(g: &Geometry) -> Vec<Self> {
        let axis = |i: usize, r: usize| {
            let (stride, low) = (g.strides[i], g.low[i]);
            let begin = low.saturating_sub(r).div_ceil(stride);
            let first = (begin * stride + r) - low;
            let taps = (0..g.kernel[i]).filter(|k| k * g.dilation[i] % stride == r);
            Axis {
                positions: g.input[i].saturating_sub(first).div_ceil(stride),
                source: g.output[i],
                target: g.input[i],
                advance: 1,
                first,
                step: stride,
                taps: taps.map(|k| (begin as isize - ((k * g.dilation[i] - r) / stride) as isize, k)).collect(),
            }
        };
        let mut sweeps = Vec::new();
        for r0 in 0..g.strides[0].min(g.input[0]) {
            for r1 in 0..g.strides[1].min(g.input[1]) {
                for r2 in 0..g.strides[2].min(g.input[2]) {
                    // Remainders in the order of the first pixels, so that none that has pixels is left out.
                    let r = |i: usize, r: usize| (r + g.low[i]) % g.strides[i];
                    let axes = [axis(0, r(0, r0)), axis(1, r(1, r1)), axis(2, r(2, r2))];
                    sweeps.push(Self::new(g, axes, g.filters, g.channels));
                }
            }
        }
        sweeps
    }

    /// How many boxes there are along each axis.
    fn counts(&self) -> [usize; 4] {
        from_fn(|i| self.whole[i].div_ceil(self.size[i]))
    }

    pub(super) fn boxes(&self) -> usize {
        self.counts().iter().product()
    }

    fn part(&self, mut index: usize) -> Part {
        let counts = self.counts();
        let mut start = [0; 4];
        for axis in (0..4).rev() {
            start[axis] = index % counts[axis] * self.size[axis];
            index /= counts[axis];
        }
        Part { start, size: from_fn(|i| self.size[i].min(self.whole[i] - start[i])) }
    }

    /// Elements of room that [`Sweep::load`] needs.
    pub(super) fn room(&self) -> usize {
        if self.direct { 0 } else { self.frame.iter().product::<usize>() * self.channels }
    }

    /// For each place of the window, in the kernel's order: where it is from the window's first, and its number in the
    /// kernel.
    pub(super) fn places(&self) -> Vec<([usize; 3], usize)> {
        let [a, b, c] = &self.axes;
        let mut places = Vec::with_capacity(a.taps.len() * b.taps.len() * c.taps.len());
        for i in &a.taps {
            for j in &b.taps {
                for k in &c.taps {
                    let at = [i.0 - a.least(), j.0 - b.least(), k.0 - c.least()].map(|x| x as usize);
                    places.push((at, (i.1 * self.kernel[1] + j.1) * self.kernel[2] + k.1));
                }
            }
        }
        places
    }

    /// The same with the place as an offset in what is read.
    pub(super) fn taps(&self) -> Vec<(isize, usize)> {
        self.places().into_iter().map(|(at, place)| (self.read_at(0, at) as isize, place)).collect()
    }

    /// Whether neighbouring windows begin at neighbouring pixels.
    pub(super) fn is_dense(&self) -> bool {
        self.axes.iter().all(|axis| axis.advance == 1)
    }

    /// The distance of neighbours along the last axis in the target.
    pub(super) fn spacing(&self) -> usize {
        self.axes[2].step * self.targets
    }

    /// Images and pixels that the windows of so many positions see.
    pub(super) fn seen(&self, size: [usize; 4]) -> [usize; 4] {
        from_fn(|i| if i == 0 { size[0] } else { self.axes[i - 1].seen(size[i]) })
    }

    /// The largest size of a box.
    pub(super) fn largest(&self) -> [usize; 4] {
        self.size
    }

    /// Where an element of what is read is.
    pub(super) fn read_at(&self, image: usize, [i, j, k]: [usize; 3]) -> usize {
        (((image * self.frame[1] + i) * self.frame[2] + j) * self.frame[3] + k) * self.channels
    }

    /// Where a position's pixel is in the target.
    fn target_at(&self, image: usize, at: [usize; 3]) -> usize {
        let [i, j, k]: [usize; 3] = from_fn(|axis| self.axes[axis].first + at[axis] * self.axes[axis].step);
        let [_, b, c] = &self.axes;
        (((image * self.axes[0].target + i) * b.target + j) * c.target + k) * self.targets
    }

    /// For each pixel of a box of this size, where the window begins in what is read, and the pixel in the target,
    /// from those of the first.
    fn pixels(&self, size: [usize; 4]) -> (Vec<isize>, Vec<isize>) {
        let mut rows = Vec::with_capacity(size.iter().product());
        let mut targets = Vec::with_capacity(rows.capacity());
        let origin = self.target_at(0, [0; 3]);
        for image in 0..size[0] {
            for i in 0..size[1] {
                for j in 0..size[2] {
                    for k in 0..size[3] {
                        let at = [i, j, k];
                        rows.push(self.read_at(image, from_fn(|a| at[a] * self.axes[a].advance)) as isize);
                        targets.push((self.target_at(image, at) - origin) as isize);
                    }
                }
            }
        }
        (rows, targets)
    }

    /// Call `f` with the number of each box, its part of the positions, and its table of pixels.
    pub(super) fn each(&self, boxes: Range<usize>, mut f: impl FnMut(usize, &Part, (&[isize], &[isize]))) {
        let mut known = [0; 4];
        let mut tables = (Vec::new(), Vec::new());
        for index in boxes {
            let part = self.part(index);
            if part.size != known {
                (tables, known) = (self.pixels(part.size), part.size);
            }
            f(index, &part, (&tables.0, &tables.1));
        }
    }

    /// Where the first pixel of a part is in the target.
    pub(super) fn origin(&self, part: &Part) -> usize {
        self.target_at(part.start[0], [part.start[1], part.start[2], part.start[3]])
    }

    /// What windows of a part see of the channels from `first` on: the source itself, or a copy of it in `room` with
    /// zeros around.
    ///
    /// # Safety
    /// `source` has the dimensions of the sweep, and `room` is as large as [`Sweep::room`] says.
    pub(super) unsafe fn load<T: Copy>(&self, source: *const T, part: &Part, first: usize, room: *mut T) -> *const T {
        let begin: [isize; 3] = from_fn(|i| (part.start[i + 1] * self.axes[i].advance) as isize + self.axes[i].least());
        if self.direct {
            let at = begin.map(|x| x as usize);
            return source.wrapping_add(self.read_at(part.start[0], at) + first);
        }
        let dims: [usize; 3] = from_fn(|i| self.axes[i].source);
        let seen: [usize; 3] = from_fn(|i| self.axes[i].seen(part.size[i + 1]));
        let (width, count) = (self.channels, self.channels.min(self.source - first));
        // The part of a row that is inside the source.
        let low = (-begin[2]).clamp(0, seen[2] as isize) as usize;
        let high = (dims[2] as isize - begin[2]).clamp(low as isize, seen[2] as isize) as usize;
        // SAFETY: rows and columns within the source, copied to within the room; all bits zero are the number zero.
        unsafe {
            for image in 0..part.size[0] {
                for i in 0..seen[0] {
                    for j in 0..seen[1] {
                        let to = room.add(self.read_at(image, [i, j, 0]));
                        let (y, x) = (begin[0] + i as isize, begin[1] + j as isize);
                        let inside = (0..dims[0] as isize).contains(&y) && (0..dims[1] as isize).contains(&x);
                        if !inside || low == high {
                            ptr::write_bytes(to, 0, seen[2] * width);
                            continue;
                        }
                        ptr::write_bytes(to, 0, low * width);
                        let row = ((part.start[0] + image) * dims[0] + y as usize) * dims[1] + x as usize;
                        let pixel = row * dims[2] + (begin[2] + low as isize) as usize;
                        let from = source.add(pixel * self.source + first);
                        if width == self.source {
                            ptr::copy_nonoverlapping(from, to.add(low * width), (high - low) * width);
                        } else {
                            for k in 0..high - low {
                                ptr::copy_nonoverlapping(from.add(k * self.source), to.add((low + k) * width), count);
                            }
                        }
                        ptr::write_bytes(to.add(high * width), 0, (seen[2] - high) * width);
                    }
                }
            }
        }
        room
    }
}
