//! Where the hashes of a log stand on disk: tiles of 256 hashes, laid out as
//! [tlog-tiles](https://c2sp.org/tlog-tiles) says, so that tools for such logs can read them.
//!
//! ```text
//! tile/0/x001/x234/067      leaves 256 × 1234067 and the 255 after it
//! tile/1/000.p/3            the first three of the hashes over 256 leaves each
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::tree::{Hash, Subtrees, TILE_WIDTH, perfect_root};
use crate::disk::Disk;
use crate::limits::TILES_CACHED_MAX;

/// The name of a tile: level, index and how many hashes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileName {
    /// Of the tree's levels, every eighth has tiles.
    pub level: u8,
    /// Counted from the left.
    pub index: u64,
    /// How many hashes it has, 1 to 256.
    pub width: usize,
}

/// Why a tile could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TileError {
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Which tile.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// It is not there.
    #[error("{}: the tile is missing", .0.display())]
    Missing(PathBuf),
    /// It is not as long as it must be.
    #[error("{}: a tile of another length", .0.display())]
    Length(PathBuf),
}

impl TileName {
    /// The tiles of one level of a tree of that size, from the left.
    pub fn of_level(level: u8, size: u64) -> impl Iterator<Item = TileName> {
        let hashes = hashes(level, size);
        (0..hashes.div_ceil(TILE_WIDTH as u64)).map(move |index| TileName::of(level, index, size))
    }

    /// All tiles of a tree of that size, the lowest first.
    pub fn all(size: u64) -> impl Iterator<Item = TileName> {
        (0..8).flat_map(move |level| TileName::of_level(level, size))
    }

    /// The tile of that place in a tree of that size. Its width is 0 if there is none.
    pub fn of(level: u8, index: u64, size: u64) -> Self {
        let left = hashes(level, size).saturating_sub(index.saturating_mul(TILE_WIDTH as u64));
        TileName { level, index, width: left.min(TILE_WIDTH as u64) as usize }
    }

    /// The tile that a path in the folder of its log stands for.
    pub fn at(path: &Path) -> Option<Self> {
        let mut parts = path.to_str()?.split('/');
        let (place, level) = (parts.next()?, parts.next()?.parse().ok()?);
        let (mut index, mut width) = (0_u64, TILE_WIDTH);
        while let Some(part) = parts.next() {
            let group = part.strip_prefix('x').unwrap_or(part);
            let group = match group.strip_suffix(".p") {
                Some(group) => {
                    width = parts.next()?.parse().ok()?;
                    group
                }
                None => group,
            };
            index = index.checked_mul(1000)?.checked_add(group.parse().ok()?)?;
        }
        let name = TileName { level, index, width };
        (place == "tile" && name.path() == path).then_some(name)
    }

    /// Whether it will never change.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Its path in the folder of its log.
    pub fn path(&self) -> PathBuf {
        let mut path = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        let partial = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        PathBuf::from(format!("tile/{}/{path}{partial}", self.level))
    }
}

/// How many hashes a level of tiles has.
fn hashes(level: u8, size: u64) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

/// The bytes of a tile.
pub(super) fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a tile.
pub(super) fn read(disk: &dyn Disk, log: &Path, name: TileName) -> Result<Vec<Hash>, TileError> {
    let path = log.join(name.path());
    let bytes = match disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(TileError::Missing(path)),
        Err(error) => return Err(TileError::Disk { path, error }),
    };
    match bytes.as_chunks::<32>() {
        (hashes, []) if hashes.len() == name.width => Ok(hashes.iter().map(|hash| Hash(*hash)).collect()),
        _ => Err(TileError::Length(path)),
    }
}

/// The tree that the tiles of a log hold.
pub struct Tiles {
    disk: Arc<dyn Disk>,
    log: PathBuf,
    size: u64,
    cache: Mutex<Cache>,
}

/// Tiles by level and index.
type Cache = BTreeMap<(u8, u64), Arc<[Hash]>>;

impl Tiles {
    /// The tree of that size in the folder of a log.
    pub fn new(disk: Arc<dyn Disk>, log: PathBuf, size: u64) -> Self {
        Self { disk, log, size, cache: Mutex::default() }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash of a leaf; none beyond the end.
    pub fn leaf(&self, index: u64) -> Result<Option<Hash>, TileError> {
        match index < self.size {
            true => self.perfect(0, index).map(Some),
            false => Ok(None),
        }
    }

    fn tile(&self, level: u8, index: u64) -> Result<Arc<[Hash]>, TileError> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = cache.get(&(level, index)) {
            return Ok(tile.clone());
        }
        let tile: Arc<[Hash]> = read(&*self.disk, &self.log, TileName::of(level, index, self.size))?.into();
        if cache.len() >= TILES_CACHED_MAX {
            cache.clear();
        }
        cache.insert((level, index), tile.clone());
        Ok(tile)
    }
}

impl Subtrees for Tiles {
    type Error = TileError;

    fn perfect(&self, height: u32, index: u64) -> Result<Hash, TileError> {
        let (level, inside) = ((height / 8) as u8, height % 8);
        let first = index << inside;
        let tile = self.tile(level, first / TILE_WIDTH as u64)?;
        let start = (first % TILE_WIDTH as u64) as usize;
        let hashes = tile.get(start..start + (1 << inside));
        let name = || self.log.join(TileName::of(level, first / TILE_WIDTH as u64, self.size).path());
        hashes.map(perfect_root).ok_or_else(|| TileError::Length(name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_stand_where_the_layout_says() {
        let path = |level, index, width| TileName { level, index, width }.path().display().to_string();
        assert_eq!(path(0, 0, 256), "tile/0/000");
        assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(1, 0, 3), "tile/1/000.p/3");
        assert_eq!(path(2, 1_000, 8), "tile/2/x001/000.p/8");
        for name in TileName::all(70_000) {
            assert_eq!(TileName::at(&name.path()), Some(name));
        }
        for other in ["tile/0/0", "tile/0/x000/000", "tile/0/000.p/256", "tile/0/000.p", "tile/0/000.p/01", "x/0/000"] {
            assert_eq!(TileName::at(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_that_its_size_says() {
        let names = |size| TileName::all(size).map(|name| (name.level, name.index, name.width)).collect::<Vec<_>>();
        assert_eq!(names(0), []);
        assert_eq!(names(1), [(0, 0, 1)]);
        assert_eq!(names(256), [(0, 0, 256), (1, 0, 1)]);
        assert_eq!(names(600), [(0, 0, 256), (0, 1, 256), (0, 2, 88), (1, 0, 2)]);
        assert_eq!(names(65_536).last(), Some(&(2, 0, 1)));
        assert_eq!(TileName::of(0, 3, 600).width, 0);
    }
}
