"""Is a code asked for beside the password, each good once, and can nobody get around it?"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pyotp
import pytest
from cryptography.fernet import Fernet
from redis import Redis

from shared.crypto import Keyring
from shared.encryption_keys.prove import prove
from shared.encryption_keys.rotate import rotate
from shared.identity.sign_in.totp_code import secret_in
from tests.support.gateway import Gateway
from tests.support.people import PASSWORD, SignedIn, forget_tries, log_in, signed_in

STEP_S = 30


@pytest.fixture
def mara(gateway: Gateway) -> SignedIn:
    return signed_in(gateway, "mara@example.org", "local")


def begun(mara: SignedIn) -> pyotp.TOTP:
    answer = mara.http.post("/api/auth/totp", json={"password": PASSWORD})
    assert answer.status_code == 201, answer.text
    app = pyotp.parse_uri(answer.json()["uri"])
    assert isinstance(app, pyotp.TOTP)
    assert (app.secret, app.name, app.issuer) == (answer.json()["secret"], mara.email, "Callsheet")
    return app


def confirmed(mara: SignedIn) -> tuple[pyotp.TOTP, list[str]]:
    """An app that works, and the recovery codes."""
    app = begun(mara)
    # The code of the step before, so that this step's is still good.
    answer = mara.http.post("/api/auth/totp/confirm", json={"code": app.at(time.time() - STEP_S)})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["codes"]


def test_a_code_is_asked_for_once_it_is_confirmed_and_each_is_good_once(gateway: Gateway, mara: SignedIn):
    app = begun(mara)
    assert log_in(gateway, mara.email).status_code == 200  # not confirmed yet
    assert mara.http.post("/api/auth/totp/confirm", json={"code": "000000"}).json()["code"] == "wrong_code"
    app, _ = confirmed(mara)
    assert mara.http.get("/api/me").json()["person"]["totp"] is True
    assert log_in(gateway, mara.email).json()["code"] == "code_needed"
    assert log_in(gateway, mara.email, code="000000").json()["code"] == "wrong_code"
    code = app.now()
    assert log_in(gateway, mara.email, code=code).status_code == 200
    assert log_in(gateway, mara.email, code=code).json()["code"] == "wrong_code"
    assert log_in(gateway, mara.email, "wrong", code=code).json()["code"] == "not_signed_in"


def test_an_old_code_is_none(gateway: Gateway, mara: SignedIn):
    app, _ = confirmed(mara)
    for seconds in (-3 * STEP_S, 3 * STEP_S):
        assert log_in(gateway, mara.email, code=app.at(time.time() + seconds)).json()["code"] == "wrong_code"


def test_one_code_at_once_opens_one_session(gateway: Gateway, mara: SignedIn):
    app, _ = confirmed(mara)
    forget_tries(gateway)
    code = app.now()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: log_in(gateway, mara.email, code=code).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_recovery_code_stands_in_once(gateway: Gateway, mara: SignedIn):
    _, codes = confirmed(mara)
    assert len(set(codes)) == 10
    assert log_in(gateway, mara.email, code=codes[0]).status_code == 200
    assert log_in(gateway, mara.email, code=codes[0]).json()["code"] == "wrong_code"
    assert log_in(gateway, mara.email, code=codes[1]).status_code == 200


def test_who_ends_with_it_says_their_password_and_a_code(gateway: Gateway, mara: SignedIn):
    app, codes = confirmed(mara)
    assert mara.http.post("/api/auth/totp/remove", json={"password": "wrong"}).json()["code"] == "wrong_password"
    assert mara.http.post("/api/auth/totp", json={"password": PASSWORD}).json()["code"] == "totp_already"
    for code, wrong in ((None, "code_needed"), (app.at(time.time() - 5 * STEP_S), "wrong_code")):
        answer = mara.http.post("/api/auth/totp/remove", json={"password": PASSWORD, "code": code})
        assert (answer.status_code, answer.json()["code"]) == (403, wrong)
    assert mara.http.get("/api/me").json()["person"]["totp"] is True
    removed = mara.http.post("/api/auth/totp/remove", json={"password": PASSWORD, "code": codes[0]})
    assert removed.json() == {"totp": False}
    assert log_in(gateway, mara.email).status_code == 200
    assert gateway.query("SELECT count(*) AS n FROM recovery_codes")[0]["n"] == 0
    assert mara.http.post("/api/auth/totp/confirm", json={"code": "000000"}).json()["code"] == "totp_not_begun"


def test_codes_are_counted_for_the_person_wherever_they_are_tried_from(gateway: Gateway, mara: SignedIn):
    app, _ = confirmed(mara)
    forget_tries(gateway)
    most = gateway.settings.sign_in_tries
    for _ in range(most):
        wrong = mara.http.post("/api/auth/totp/remove", json={"password": PASSWORD, "code": "000000"})
        assert wrong.status_code in {403, 429}
        with Redis.from_url(gateway.settings.redis_url) as redis:  # as if the password had been tried elsewhere
            for key in redis.scan_iter("*password*"):
                redis.delete(key)
    assert log_in(gateway, mara.email, code=app.now()).status_code == 429
    assert log_in(gateway, mara.email).json()["code"] == "code_needed"  # no code was tried


def test_what_is_kept_of_it_is_encrypted_or_a_hash(gateway: Gateway, mara: SignedIn):
    app, codes = confirmed(mara)
    kept = str(gateway.query("SELECT people::text AS t FROM people")) + str(
        gateway.query("SELECT recovery_codes::text FROM recovery_codes")
    )
    assert app.secret not in kept
    assert not [code for code in codes if code in kept]


def test_a_secret_moves_to_a_new_encryption_key_with_all_that_is_encrypted(gateway: Gateway, mara: SignedIn):
    app = begun(mara)
    both = Keyring((("k2", Fernet.generate_key()), *gateway.settings.keyring().keys))
    assert rotate(settings=gateway.settings, keyring=both) == 1
    sealed = gateway.query("SELECT totp FROM people")[0]["totp"]
    assert sealed.startswith("k2:")
    assert secret_in(both, sealed, UUID(mara.id)) == app.secret
    assert prove(settings=gateway.settings, keyring=both) == 1
