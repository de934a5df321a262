//! The contents of an entry, as a stream and as a source.

use std::cell::RefCell;
use std::io;

use flate2::{Crc, Decompress, FlushDecompress, Status};
use hsign_core::{Source, read_windows};

use super::{DEFLATED, Entry};
use crate::Error;

const WINDOW: usize = 256 * 1024;

/// Gives the contents to `sink` in pieces; tells whether they are what both headers announce: complete, nothing behind the
/// end of the compressed data, the checksum right.
pub(crate) fn unpack(
    source: &dyn Source,
    entry: &Entry,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<bool, Error> {
    let unpacked = Unpacked::new(source, entry);
    let read = read_windows(&unpacked, 0..entry.size, sink).and_then(|()| Ok(unpacked.check_end()?));
    match read {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
        other => other.map(|()| true),
    }
}

/// An entry's contents. Whoever reads them from the start to the end learns of damage as `InvalidData`; reading backwards
/// in compressed ones begins anew.
pub(crate) struct Unpacked<'s> {
    source: &'s dyn Source,
    compressed: u64,
    size: u64,
    crc: u64,
    data: u64,
    is_deflated: bool,
    state: RefCell<State>,
}

struct State {
    /// How much of the contents was read without a gap.
    position: u64,
    checksum: Crc,
    inflater: Option<Inflater>,
}

struct Inflater {
    state: Decompress,
    window: Vec<u8>,
    /// What of the window isn't used yet.
    unused: usize,
    /// How much of the compressed data was read into windows.
    taken: u64,
    /// Whether the compressed data said that they end.
    ended: bool,
}

impl<'s> Unpacked<'s> {
    pub(crate) fn new(source: &'s dyn Source, entry: &Entry) -> Self {
        let is_deflated = entry.method == DEFLATED;
        Self {
            source,
            compressed: entry.compressed,
            size: entry.size,
            crc: entry.crc,
            data: entry.data,
            is_deflated,
            state: RefCell::new(State::new(is_deflated)),
        }
    }

    fn read(&self, state: &mut State, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match &mut state.inflater {
            None => self.source.read_exact_at(self.data.saturating_add(offset), buffer),
            Some(inflater) => self.inflate(inflater, buffer),
        }
    }

    /// Fills the buffer with what comes next.
    fn inflate(&self, inflater: &mut Inflater, buffer: &mut [u8]) -> io::Result<()> {
        let mut rest = buffer;
        while !rest.is_empty() {
            if inflater.ended {
                return Err(damaged());
            }
            let produced = self.step(inflater, rest)?;
            rest = rest.get_mut(produced..).unwrap_or_default();
        }
        Ok(())
    }

    /// One call of the decompressor: how much it gave.
    fn step(&self, inflater: &mut Inflater, output: &mut [u8]) -> io::Result<usize> {
        if inflater.unused == 0 {
            let left = self.compressed.saturating_sub(inflater.taken);
            let length = usize::try_from(left).unwrap_or(WINDOW).min(WINDOW);
            inflater.window.resize(length, 0);
            self.source.read_exact_at(self.data.saturating_add(inflater.taken), &mut inflater.window)?;
            inflater.taken += length as u64;
            inflater.unused = length;
        }
        let start = inflater.window.len() - inflater.unused;
        let input = inflater.window.get(start..).unwrap_or_default();
        let before = (inflater.state.total_in(), inflater.state.total_out());
        let status =
            inflater.state.decompress(input, output, FlushDecompress::None).map_err(|_| damaged())?;
        let consumed = usize::try_from(inflater.state.total_in() - before.0).unwrap_or(usize::MAX);
        let produced = usize::try_from(inflater.state.total_out() - before.1).unwrap_or(usize::MAX);
        inflater.unused = inflater.unused.saturating_sub(consumed);
        inflater.ended = status == Status::StreamEnd;
        if !inflater.ended && consumed == 0 && produced == 0 {
            return Err(damaged());
        }
        Ok(produced)
    }

    /// At the end of the contents: the compressed data end there too, and the checksum is right.
    fn check_end(&self) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        if state.position != self.size || u64::from(state.checksum.sum()) != self.crc {
            return Err(damaged());
        }
        let Some(inflater) = &mut state.inflater else { return Ok(()) };
        while !inflater.ended {
            if self.step(inflater, &mut [0])? > 0 {
                return Err(damaged());
            }
        }
        if inflater.state.total_in() == self.compressed { Ok(()) } else { Err(damaged()) }
    }
}

impl State {
    fn new(is_deflated: bool) -> Self {
        let inflater = is_deflated.then(|| Inflater {
            state: Decompress::new(false),
            window: Vec::new(),
            unused: 0,
            taken: 0,
            ended: false,
        });
        Self { position: 0, checksum: Crc::new(), inflater }
    }
}

impl Source for Unpacked<'_> {
    fn length(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.size);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        if buffer.is_empty() {
            return Ok(());
        }
        let mut state = self.state.borrow_mut();
        if offset == 0 || (self.is_deflated && offset < state.position) {
            *state = State::new(self.is_deflated);
        }
        while self.is_deflated && state.position < offset {
            let length = usize::try_from(offset - state.position).unwrap_or(WINDOW).min(WINDOW);
            let mut skipped = vec![0; length];
            self.read(&mut state, 0, &mut skipped)?;
            state.checksum.update(&skipped);
            state.position += length as u64;
        }
        self.read(&mut state, offset, buffer)?;
        if state.position != offset {
            return Ok(());
        }
        state.checksum.update(buffer);
        state.position = end;
        drop(state);
        if end == self.size { self.check_end() } else { Ok(()) }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the entry is not what its headers announce")
}
