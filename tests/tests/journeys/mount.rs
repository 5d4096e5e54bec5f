//! Each journey is written once and mounted for every adapter and every store.

/// Mounts journeys, `async fn(World)`, on both adapters and both stores.
macro_rules! journeys {
    ($($journey:ident)*) => {
        journeys!(@on axum_memory, Axum, Memory: $($journey)*);
        journeys!(@on axum_redis, Axum, Redis: $($journey)*);
        journeys!(@on actix_memory, Actix, Memory: $($journey)*);
        journeys!(@on actix_redis, Actix, Redis: $($journey)*);
    };
    (redis: $($journey:ident)*) => {
        journeys!(@on axum_redis, Axum, Redis: $($journey)*);
        journeys!(@on actix_redis, Actix, Redis: $($journey)*);
    };
    (@on $name:ident, $adapter:ident, $store:ident: $($journey:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $journey() {
                    use crate::world::{Adapter, Kind, World};
                    super::$journey(World::new(Adapter::$adapter, Kind::$store).await).await;
                }
            )*
        }
    };
}
