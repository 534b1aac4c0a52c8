defmodule LibsqlBench.SchedulerProbe do
  @moduledoc false
  # What a load does to the rest of the VM: for how long each normal scheduler was not to be had, and how long
  # timers, files, sockets and code loading waited.
  #
  # A process of the highest priority on each scheduler wakes up every millisecond. The time between two of its turns,
  # less what the thread waited for a processor meanwhile (native/bench/scheduler_sampler.c), is how long the scheduler was
  # held, running or asleep.

  @probes [:timer, :file, :connect, :code]

  @doc "Runs `load` and returns the longest times in milliseconds: %{held:, timer:, file:, connect:, code:}."
  def measure(dir, load) do
    sampler = start_sampler(dir)
    stop = :atomics.new(1, [])
    beats = for n <- 1..System.schedulers_online(), do: start_beat(n, stop)
    probes = for name <- @probes, do: {name, start_probe(name, dir, stop)}
    load.()
    :atomics.put(stop, 1, 1)
    gaps = Enum.flat_map(beats, &await/1)
    waits = Map.new(probes, fn {name, pid} -> {name, await(pid)} end)
    samples = stop_sampler(sampler)
    Map.put(waits, :held, gaps |> Enum.map(&held(&1, samples)) |> Enum.max(fn -> 0.0 end))
  end

  defp await(pid) do
    receive do
      {^pid, answer} -> answer
    end
  end

  # --- Schedulers ---

  defp start_beat(number, stop) do
    parent = self()

    :erlang.spawn_opt(
      fn -> send(parent, {self(), beat(number, stop, System.os_time(), [])}) end,
      [{:scheduler, number}, {:priority, :max}]
    )
  end

  # The gaps between two turns of more than 3 ms.
  defp beat(number, stop, last, gaps) do
    receive do
    after
      1 -> :ok
    end

    now = System.os_time()
    gaps = if now - last > 3_000_000, do: [{number, last, now} | gaps], else: gaps
    if :atomics.get(stop, 1) == 1, do: gaps, else: beat(number, stop, now, gaps)
  end

  # The sampler may have had to wait for a processor, too: what a thread has waited between the last sample before the
  # gap and the first one after it counts, 4 ms more than the gap at most.
  defp held({number, from, to}, samples) do
    {before, rest} = samples |> Map.get(number, []) |> Enum.split_while(&(elem(&1, 0) < from))
    first = List.last(before)
    last = Enum.find(rest, fn {time, _} -> time > to end)
    waited = if first && last, do: elem(last, 1) - elem(first, 1), else: 0
    max(to - from - 1_000_000 - waited, 0) / 1.0e6
  end

  defp start_sampler(dir) do
    program = System.fetch_env!("LIBSQL_BENCH_SAMPLER")
    file = Path.join(dir, "samples")
    {Port.open({:spawn_executable, program}, args: [System.pid(), file]), file}
  end

  # Closing its input ends it; the file is complete soon after.
  defp stop_sampler({port, file}) do
    Process.sleep(20)
    Port.close(port)
    Process.sleep(50)

    file
    |> File.stream!()
    |> Enum.map(fn line ->
      [time, number, _ran, waited] = line |> String.split() |> Enum.map(&String.to_integer/1)
      {number, {time, waited}}
    end)
    |> Enum.group_by(&elem(&1, 0), &elem(&1, 1))
  end

  # --- Others ---

  defp start_probe(name, dir, stop) do
    parent = self()
    work = work(name, dir)
    spawn_link(fn -> send(parent, {self(), probe(work, stop, 0.0)}) end)
  end

  defp probe(work, stop, longest) do
    {us, _} = :timer.tc(work)
    longest = max(longest, us / 1000)

    if :atomics.get(stop, 1) == 1 do
      longest
    else
      Process.sleep(2)
      probe(work, stop, longest)
    end
  end

  defp work(:timer, _dir), do: fn -> Process.sleep(1) end

  defp work(:file, dir) do
    path = Path.join(dir, "small.txt")
    File.write!(path, "text")
    fn -> File.read!(path) end
  end

  defp work(:connect, _dir) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, reuseaddr: true, backlog: 100])
    {:ok, port} = :inet.port(listener)
    spawn_link(fn -> accept(listener) end) |> then(&:gen_tcp.controlling_process(listener, &1))

    fn ->
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary])
      :gen_tcp.close(socket)
    end
  end

  defp work(:code, _dir) do
    {:module, module, binary, _} =
      Module.create(LibsqlBench.Loaded, quote(do: def(f, do: 1)), Macro.Env.location(__ENV__))

    fn ->
      :code.purge(module)
      {:module, _} = :code.load_binary(module, ~c"nofile", binary)
    end
  end

  defp accept(listener) do
    with {:ok, socket} <- :gen_tcp.accept(listener) do
      :gen_tcp.close(socket)
      accept(listener)
    end
  end
end
