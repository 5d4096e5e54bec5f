//! Tokens on routes that the layers of sessions wrap, and on others.

use super::*;

/// What a handler does to its session is done, by whatever its client has shown.
#[actix_web::test]
async fn what_is_done_by_a_token_is_committed_as_by_a_cookie() {
    for layers in [Layers::Own, Layers::Nested] {
        for actix in [false, true] {
            let world = World::new(|tokens| tokens.cookie("__Host-token"));
            let session = world.login("alice").await;
            let pair = world.tokens.issue(&session).await.unwrap();
            let cookie = world.tokens.set_cookie(&pair).unwrap();
            let cookie = ("cookie", cookie.split(';').next().unwrap().to_owned());
            let ask = async |path, header: (&'static str, String)| {
                if actix {
                    from_actix(&world, layers, path, &[header]).await
                } else {
                    from_axum(&world, layers, path, &[header]).await
                }
            };
            for (count, header) in [bearer(&pair), cookie, bearer(&pair)].into_iter().enumerate() {
                let written = ask("/write", header).await;
                assert_eq!((written.status, written.body), (200, count.to_string()));
                assert_eq!(written.cookies, Vec::<String>::new());
                assert!(
                    written.cached.contains(&"private".to_owned()),
                    "{:?}",
                    written.cached
                );
                assert!(
                    written.cached.contains(&"Cookie".to_owned()),
                    "{:?}",
                    written.cached
                );
            }
            let left = ask("/leave", bearer(&pair)).await;
            assert_eq!((left.status, left.cookies), (200, Vec::new()));
            assert_eq!(world.users.of("alice").count().await.unwrap(), 0);
            assert_eq!(ask("/token", bearer(&pair)).await.status, 401);
        }
    }
}

#[actix_web::test]
async fn nobody_acts_in_a_session_where_nobody_would_commit_it() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    for layers in [Layers::None, Layers::Others] {
        let answer = answer_within(&world, layers, "/leave", &[bearer(&pair)]).await;
        assert_eq!(answer.status, 500, "{layers:?}");
        let answer = answer_within(&world, layers, "/token", &[bearer(&pair)]).await;
        assert_eq!((answer.status, &*answer.body), (200, "alice"), "{layers:?}");
    }
}

/// A stolen token does not pass by what the session is bound to, whichever layers its request passes.
#[actix_web::test]
async fn the_client_of_a_token_is_judged_by_the_layer_of_its_sessions() {
    let world = World::bound(Drift::StepUp);
    let of = |agent: &str| ("user-agent", agent.to_owned());
    let login = world.keycard.open_request([of("curl/8.9")].as_slice(), None);
    let session = login.load().await.unwrap();
    session.login("alice");
    let pair = world.tokens.issue(&session).await.unwrap();
    for (layers, agent, status) in [
        (Layers::Own, "curl/8.9", 200),
        (Layers::Nested, "curl/8.9", 200),
        (Layers::Own, "wget/1.25", 401),
        (Layers::Nested, "wget/1.25", 401),
        (Layers::Others, "curl/8.9", 500),
        (Layers::None, "curl/8.9", 500),
    ] {
        let answer = answer_within(&world, layers, "/token", &[bearer(&pair), of(agent)]).await;
        let step_up = r#"Bearer error="insufficient_user_authentication""#;
        let challenge = (status == 401).then_some(step_up);
        assert_eq!(
            (answer.status, answer.challenge.as_deref()),
            (status, challenge),
            "{layers:?} {agent}"
        );
    }
}
