defmodule EctoLibSql.OtherVM do
  @moduledoc false
  # A second OS process with the driver, which executes SQL on the file, one statement per line, and answers each with
  # one line.

  @program """
  [path, timeout] = System.argv()
  {:ok, _} = Application.ensure_all_started(:ecto_libsql)
  options = [database: path, busy_timeout: String.to_integer(timeout)]
  {:ok, state} = EctoLibSql.connect(EctoLibSql.Suite.options(options))
  IO.puts("ready")

  IO.stream(:stdio, :line)
  |> Enum.each(fn line ->
    case EctoLibSql.handle_execute(String.trim(line), [], [], state) do
      {:ok, _, _, _} -> IO.puts("ok")
      {:error, error, _} -> IO.puts("error " <> Exception.message(error))
    end
  end)
  """

  # Runs Elixir code in a VM that has started no application; returns its output, with standard error.
  def output(code) do
    {output, 0} = System.cmd("elixir", paths() ++ ["-e", code], stderr_to_stdout: true)

    output
  end

  # Runs Elixir code with arguments and environment variables in a VM that ends with a crash dump; returns its output.
  def crash(code, arguments, environment) do
    {output, _status} =
      System.cmd("elixir", paths() ++ ["-e", code | arguments],
        stderr_to_stdout: true,
        env: environment
      )

    output
  end

  defp paths, do: Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)])

  # Starts it; returns a port. SQL sent by run/2 is answered by "ok" or "error …".
  def start(path, busy_timeout \\ 5_000),
    do: start_program(@program, [path, Integer.to_string(busy_timeout)])

  # The same with another program, whose first line of output is "ready".
  def start_program(program, arguments) do
    port =
      Port.open({:spawn_executable, System.find_executable("elixir")}, [
        :binary,
        :exit_status,
        line: 65_536,
        args: paths() ++ ["-e", program | arguments]
      ])

    "ready" = answer(port)
    port
  end

  def run(port, sql) do
    Port.command(port, sql <> "\n")
    answer(port)
  end

  def send_only(port, sql), do: Port.command(port, sql <> "\n")

  def answer(port, timeout \\ 30_000) do
    receive do
      {^port, {:data, {:eol, line}}} -> line
      {^port, {:exit_status, status}} -> "exit #{status}"
    after
      timeout -> raise "the other VM did not answer"
    end
  end

  # Kills it with SIGKILL; returns the lines that it had written and nobody had received.
  def kill(port) do
    {:os_pid, pid} = Port.info(port, :os_pid)
    {_, 0} = System.cmd("kill", ["-9", Integer.to_string(pid)])
    wait_for_exit(port, [])
  end

  defp wait_for_exit(port, lines) do
    receive do
      {^port, {:exit_status, _}} -> Enum.reverse(lines)
      {^port, {:data, {:eol, line}}} -> wait_for_exit(port, [line | lines])
      {^port, {:data, {:noeol, _part}}} -> wait_for_exit(port, lines)
    after
      10_000 -> raise "the other VM did not die"
    end
  end
end
