//! What a token opens, and what it does not.

use super::*;

#[actix_web::test]
async fn a_guard_is_asked_of_sessions_and_tokens_alike() {
    let world = World::new(|tokens| tokens);
    let session = world.login("alice").await;
    let pair = world.tokens.issue(&session).await.unwrap();
    let scope = refused(403, r#"Bearer error="insufficient_scope""#, "this is not allowed");
    assert_eq!(answer(&world, "/staff", &[bearer(&pair)]).await, scope);
    session.set_roles(["staff"]).unwrap();
    session.commit().await.unwrap();
    let (status, challenge, body) = answer(&world, "/staff", &[bearer(&pair)]).await;
    let step_up = r#"Bearer error="insufficient_user_authentication""#;
    assert_eq!((status, challenge.as_deref()), (401, Some(step_up)));
    assert!(body.contains(r#""step_up":{"factor":"otp"}"#), "{body}");
    session.prove(Factor::OTP).unwrap();
    session.commit().await.unwrap();
    assert_eq!(
        answer(&world, "/staff", &[bearer(&pair)]).await,
        ok(r#"Some(UserId("alice"))"#)
    );
    let (status, challenge, body) = answer(&world, "/recent", &[bearer(&pair)]).await;
    assert_eq!((status, challenge.as_deref()), (200, None), "{body}");
    world.clock.advance(10 * MINUTE);
    let (status, challenge, _) = answer(&world, "/recent", &[bearer(&pair)]).await;
    let recent = format!(r#"{step_up}, max_age="300""#);
    assert_eq!((status, challenge), (401, Some(recent)));
    // What is proved to the session counts for the token that is there.
    session.prove(Factor::OTP).unwrap();
    session.commit().await.unwrap();
    let (status, challenge, body) = answer(&world, "/recent", &[bearer(&pair)]).await;
    assert_eq!((status, challenge.as_deref()), (200, None), "{body}");
    assert_eq!(
        answer(&world, "/anybody", &[]).await,
        refused(401, UNASKED, "nobody is logged in")
    );
}

/// With a list a token may outlive its session: then no guard lets it pass, and its client is told to get another.
#[actix_web::test]
async fn a_token_whose_session_has_ended_passes_no_guard() {
    for revocation in [Revocation::AllowList, Revocation::BlockList] {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let pair = world.tokens.issue(&session).await.unwrap();
        session.logout();
        session.commit().await.unwrap();
        let revoked = format!(r#"{INVALID}, error_description="the token was revoked""#);
        let revoked = refused(401, &revoked, "the token was revoked");
        assert_eq!(answer(&world, "/anybody", &[bearer(&pair)]).await, revoked);
        assert_eq!(answer(&world, "/token", &[bearer(&pair)]).await, ok("alice"));
    }
}

/// Who has stolen an access token would otherwise have a family of refresh tokens by it.
#[actix_web::test]
async fn a_token_issues_no_tokens() {
    for revocation in ALL {
        let world = World::new(|tokens| tokens.revocation(revocation));
        let session = world.login("alice").await;
        let pair = world.tokens.issue(&session).await.unwrap();
        let scope = refused(
            403,
            r#"Bearer error="insufficient_scope""#,
            "a token issues no tokens",
        );
        assert_eq!(answer(&world, "/issue", &[bearer(&pair)]).await, scope);
    }
}
