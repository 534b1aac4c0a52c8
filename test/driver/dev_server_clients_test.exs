defmodule EctoLibSql.DevServerClientsTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{DevServer, NodeClients}

  @moduletag :node_clients
  @moduletag timeout: 600_000

  setup_all do
    {:ok, server} = DevServer.start_link(token: "secret")

    {:ok,
     http: DevServer.url(server), ws: String.replace_prefix(DevServer.url(server), "http", "ws")}
  end

  test "@libsql/client works over HTTP and over a WebSocket", %{http: http, ws: ws} do
    assert NodeClients.run!("libsql_client", [http, "secret"]) == "ok"
    assert NodeClients.run!("libsql_client", [ws, "secret"]) == "ok"
  end

  test "@libsql/hrana-client works in versions 2 and 3 over both", %{http: http, ws: ws} do
    for url <- [http, ws], version <- ["2", "3"] do
      assert NodeClients.run!("hrana_client", [url, "secret", version]) == "ok"
    end
  end

  test "libsql, the native package, works", %{http: http} do
    assert NodeClients.run!("libsql_native", [http, "secret"]) == "ok"
  end

  test "@tursodatabase/serverless works", %{http: http} do
    assert NodeClients.run!("turso_serverless", [http, "secret"]) == "ok"
  end
end
