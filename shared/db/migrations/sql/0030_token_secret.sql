-- Workers hold the encryption keys, to open what their accounts sign in with; with nothing else they could sign an access token
-- for anybody. So it takes a secret besides, which the gateway's role alone can read. All gateways share it.
CREATE TABLE gateway_secrets (
    name TEXT NOT NULL,
    secret BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_gateway_secrets PRIMARY KEY (name),
    CONSTRAINT ck_gateway_secrets_secret CHECK (length(secret) >= 32),
    CONSTRAINT ck_gateway_secrets_finite CHECK (
        created_at >= '0001-01-02 00:00+00' AND created_at < '9999-12-31 00:00+00')
);
GRANT SELECT, INSERT ON gateway_secrets TO callsheet_gateway;
