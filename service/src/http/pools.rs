//! Threads that may block: so many for each pool, and so many requests that wait for them. A custom key store that does
//! not answer holds up its own requests, and those alone; one more than may wait is told to slow down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::kms::Pool;
use crate::limits::{
    BACKEND_THREADS_MAX, BACKEND_WAITING_MAX, KEY_STORE_THREADS_MAX, KEY_STORE_WAITING_MAX, REQUESTS_AT_ONCE_MAX,
    STORE_THREADS_MAX,
};

/// All pools, each made when it is first asked for.
#[derive(Default)]
pub(super) struct Pools {
    rooms: Mutex<HashMap<Pool, Room>>,
}

/// The room that one pool has.
#[derive(Clone)]
struct Room {
    threads: Arc<Semaphore>,
    /// Those who have a thread, and those who wait for one.
    places: Arc<Semaphore>,
}

/// A thread may be used, until this is dropped.
pub(super) struct Turn {
    _thread: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Pools {
    /// Waits for a thread; none if too many wait already.
    pub(super) async fn turn(&self, pool: &Pool) -> Option<Turn> {
        let room = {
            let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            rooms.entry(pool.clone()).or_insert_with(|| Room::of(pool)).clone()
        };
        let place = room.places.try_acquire_owned().ok()?;
        let thread = room.threads.acquire_owned().await.ok()?;
        Some(Turn { _thread: thread, _place: place })
    }
}

impl Room {
    fn of(pool: &Pool) -> Self {
        let (threads, waiting) = match pool {
            Pool::Store => (STORE_THREADS_MAX, REQUESTS_AT_ONCE_MAX),
            Pool::Backend => (BACKEND_THREADS_MAX, BACKEND_WAITING_MAX),
            Pool::KeyStore(_) => (KEY_STORE_THREADS_MAX, KEY_STORE_WAITING_MAX),
        };
        Self { threads: Arc::new(Semaphore::new(threads)), places: Arc::new(Semaphore::new(threads + waiting)) }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use super::*;
    use crate::name::StoreName;

    fn store(id: &str) -> Pool {
        Pool::KeyStore(StoreName { account: "1".into(), region: "us-east-1".into(), id: id.into() })
    }

    #[test]
    fn so_many_have_threads_so_many_wait_and_one_more_is_turned_away() {
        let (pools, mut context) = (Pools::default(), Context::from_waker(Waker::noop()));
        let pool = store("slow");
        let mut begin = |pool: &Pool| {
            let (pools, pool) = (&pools, pool.clone());
            let mut turn = Box::pin(async move { pools.turn(&pool).await });
            let first = turn.as_mut().poll(&mut context);
            (turn, first)
        };
        let mut turns: Vec<_> = (0..KEY_STORE_THREADS_MAX).map(|_| begin(&pool)).collect();
        assert!(turns.iter().all(|(_, turn)| matches!(turn, std::task::Poll::Ready(Some(_)))));
        let mut waiting: Vec<_> = (0..KEY_STORE_WAITING_MAX).map(|_| begin(&pool)).collect();
        assert!(waiting.iter().all(|(_, turn)| turn.is_pending()));
        assert!(matches!(begin(&pool).1, std::task::Poll::Ready(None)));
        assert!(matches!(begin(&store("other")).1, std::task::Poll::Ready(Some(_))), "others have their own");
        turns.pop();
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.first_mut().is_some_and(|(turn, _)| turn.as_mut().poll(&mut context).is_ready()));
    }
}
