defmodule Mix.Tasks.EctoLibsql.Server do
  @shortdoc "Runs a libSQL server for development"

  @moduledoc """
  Runs a libSQL server on this machine until you press Ctrl-C twice.

      $ mix ecto_libsql.server priv/my_app.db
      listening http://127.0.0.1:8080

  Without a file, the database is gone with the server. The server is for development and tests; production is Turso or sqld.
  `EctoLibSql.DevServer` starts one for a test suite.

  All arguments are those of `libsql-dev-server`; `mix ecto_libsql.server --help` lists them. It is compiled when it is first
  used.
  """

  use Mix.Task

  alias EctoLibSql.DevServer

  @impl Mix.Task
  def run(args) do
    Mix.Task.run("app.config")

    case DevServer.executable() do
      {:ok, path} -> serve(path, args)
      {:error, text} -> Mix.raise(text)
    end
  end

  # Its standard input is a pipe of this VM, and ends with it.
  defp serve(path, args) do
    {_output, status} = System.cmd(path, ["--stop-with-stdin" | args], into: IO.stream())
    if status != 0, do: exit({:shutdown, status})
  end
end
