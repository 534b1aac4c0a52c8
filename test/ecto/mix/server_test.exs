defmodule Mix.Tasks.EctoLibsql.ServerTest do
  use ExUnit.Case, async: true

  import ExUnit.CaptureIO

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000

  setup_all do
    assert {:ok, _} = EctoLibSql.DevServer.executable()
    :ok
  end

  test "passes its arguments on to the server" do
    assert capture_io(fn -> Mix.Tasks.EctoLibsql.Server.run(["--version"]) end) =~
             ~r"^libsql-dev-server \d+\.\d+\.\d+ \(SQLite "
  end

  test "fails as the server does" do
    capture_io(fn ->
      assert catch_exit(Mix.Tasks.EctoLibsql.Server.run(["--nonsense"])) == {:shutdown, 2}
    end)
  end
end
