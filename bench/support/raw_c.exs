defmodule LibsqlBench.RawC do
  @moduledoc false
  # Runs the baseline program (native/bench/) and reads its line of results.

  @doc "One run: %{count:, ns:, checksum:, p50_ns:, p99_ns:, busy:}."
  def run(workload, path, numbers) do
    program = System.fetch_env!("LIBSQL_BENCH_RAW_C")
    arguments = [workload, path | Enum.map(numbers, &Integer.to_string/1)]

    case System.cmd(program, arguments, stderr_to_stdout: true) do
      {line, 0} -> parse(line)
      {text, status} -> raise "#{program} #{workload} ended with #{status}: #{text}"
    end
  end

  defp parse(line) do
    for field <- String.split(line), [key, value] = String.split(field, "="), key != "workload" do
      {String.to_atom(key), String.to_integer(value)}
    end
    |> Map.new()
  end
end
