defmodule EctoLibSql.ThreadsTest do
  # Calls that take long run on threads of the library: they hold no scheduler of the VM, and their answers come
  # as messages.
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Nif

  @moduletag timeout: 300_000

  # An instruction of SQLite's that cannot be stopped: 200 to 900 ms.
  @long_instruction "SELECT length(randomblob(200000000))"

  defp inbox, do: self() |> Process.info(:message_queue_len) |> elem(1)

  defp texts(state) do
    run!(state, "CREATE TABLE texts (body TEXT)")
    row = String.duplicate("lorem ipsum dolor ", 28_000)
    for _ <- 1..30, do: run!(state, "INSERT INTO texts VALUES (?)", [row])
  end

  @tag :local
  test "a timeout of 100 ms ends every query within 150 ms" do
    state = file!(temp_file())
    texts(state)

    # The texts depend on the innermost table, so that SQLite computes nothing in advance.
    body = "(u.body || t.rowid || texts.rowid)"
    from = "FROM texts, texts t, texts u"

    for sql <- [
          "SELECT count(*) #{from} WHERE #{body} GLOB '*[xyz]*[xyz]*'",
          "SELECT count(*) #{from} WHERE instr(#{body}, 'zz')",
          "SELECT count(*) #{from} WHERE #{body} LIKE '%zz%'",
          "SELECT max(upper(#{body})) #{from}",
          "SELECT length(hex(zeroblob(200000000)))",
          @long_instruction,
          endless()
        ] do
      # A busy machine may be late, so one of several runs has to keep the promise; none may end too early.
      assert Enum.any?(1..25, fn _ ->
               {milliseconds, error} = timed(fn -> error!(state, sql, [], timeout: 100) end)
               assert error.sqlite.code == :interrupt
               assert milliseconds >= 50
               milliseconds <= 150
             end),
             sql
    end

    assert_usable(state)
  end

  test "a BEGIN, a prepare and a cursor that find the connection in use end at their timeout" do
    state = open!()
    task = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [], state) end)
    Process.sleep(50)

    for call <- [
          fn -> EctoLibSql.handle_begin([timeout: 50], state) end,
          fn -> EctoLibSql.handle_prepare("SELECT 2", [timeout: 50], state) end,
          fn -> EctoLibSql.handle_declare("SELECT 2", [], [timeout: 50], state) end
        ] do
      {milliseconds, {:error, error, _}} = timed(call)
      assert stopped?(error)
      assert milliseconds in 40..4000
    end

    Native.interrupt(state)
    assert {:error, _, _} = Task.await(task)
    assert inbox() == 0
  end

  test "an answer that comes after its caller has given up leaves no message" do
    state = open!()

    for milliseconds <- [0, 1, 5, 20, 60] do
      for sql <- [@long_instruction, endless()],
          do: error!(state, sql, [], timeout: milliseconds)
    end

    assert_usable(state)
    assert inbox() == 0
  end

  @tag :local_answer
  test "a write that has begun is never given up: its outcome is known" do
    state = open!()
    run!(state, "CREATE TABLE t (x)")

    for n <- 1..20 do
      insert = "INSERT INTO t SELECT length(randomblob(2000000)) FROM (VALUES (1), (2))"
      before = value!(state, "SELECT count(*) FROM t")

      added =
        case EctoLibSql.handle_execute(insert, [], [timeout: n], state) do
          {:ok, _, _, _} -> 2
          {:error, %{sqlite: %{code: :interrupt}}, _} -> 0
        end

      assert value!(state, "SELECT count(*) FROM t") == before + added
    end
  end

  test "thousands of calls at once on one connection are all answered, by few threads" do
    state = open!()
    threads = threads()

    tasks =
      for n <- 1..5_000, do: Task.async(fn -> value!(state, "SELECT upper(?)", ["a#{n}"]) end)

    assert Task.await_many(tasks, 60_000) == for(n <- 1..5_000, do: "A#{n}")
    assert threads() - threads <= 20
  end

  test "calls that wait for their connection are refused when it is closed, and end with their caller" do
    state = open!()
    before = Nif.live_counts().connections
    calls = fn -> EctoLibSql.handle_execute(endless(), [], [], state) end
    tasks = for _ <- 1..50, do: Task.async(calls)
    killed = for _ <- 1..50, do: spawn(calls)
    Process.sleep(50)
    Enum.each(killed, &Process.exit(&1, :kill))
    assert :ok = EctoLibSql.disconnect([], state)

    for answer <- Task.await_many(tasks, 10_000) do
      assert {_, %Error{kind: kind}, _} = answer
      assert kind in [:interrupted, :not_found]
    end

    eventually(fn -> Nif.live_counts().connections < before end)
  end

  test "an interrupt stops the running call and those that wait for it" do
    state = open!()
    tasks = for _ <- 1..20, do: Task.async(fn -> error!(state, endless()) end)
    Process.sleep(50)
    Native.interrupt(state)
    assert Enum.all?(Task.await_many(tasks, 10_000), &stopped?/1)
    assert_usable(state)
  end

  @tag :local
  test "100 endless queries hold up neither files, sockets and code nor other connections" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")
    File.write!(path <> ".txt", "text")
    {:ok, listener} = :gen_tcp.listen(0, [:binary])
    {:ok, port} = :inet.port(listener)
    busy = for _ <- 1..100, do: open!()
    tasks = for own <- busy, do: Task.async(fn -> error!(own, endless()) end)
    eventually(fn -> threads() >= 100 end, 30_000)

    for work <- [
          fn -> File.read!(path <> ".txt") end,
          fn -> {:ok, _} = :gen_tcp.connect(~c"localhost", port, [:binary]) end,
          fn -> {:module, _} = :code.load_file(:lists_nothing) |> loaded() end,
          fn -> file!(path) end,
          fn -> run!(state, "INSERT INTO t VALUES (upper('x'))") end
        ] do
      assert Enum.any?(1..5, fn _ -> work |> timed() |> elem(0) < 500 end)
    end

    Enum.each(busy, &Native.interrupt/1)
    Task.await_many(tasks, 60_000)
  end

  # Asking for a module that is not there searches all paths.
  defp loaded({:error, :nofile}), do: {:module, :none}

  test "a call of a process with 200,000 messages is as fast as one with none" do
    state = open!()
    call = fn -> for _ <- 1..200, do: run!(state, "SELECT upper('x')") end
    empty = Enum.min(for _ <- 1..10, do: call |> :timer.tc() |> elem(0))
    for n <- 1..200_000, do: send(self(), n)
    full = Enum.min(for _ <- 1..10, do: call |> :timer.tc() |> elem(0))
    # Searching the inbox would take a millisecond each time.
    assert full < empty * 5 + 20_000
    assert inbox() == 200_000
  end

  test "a timeout that is no number of milliseconds is refused" do
    state = open!()

    for wrong <- ["100", -1, 1.5, :soon] do
      opts = [timeout: wrong]

      for answer <- [
            EctoLibSql.handle_execute("SELECT 1", [], opts, state),
            EctoLibSql.handle_prepare("SELECT 1", opts, state),
            EctoLibSql.handle_declare("SELECT 1", [], opts, state),
            EctoLibSql.handle_begin(opts, state)
          ] do
        assert {:error, %Error{kind: :invalid_argument, message: message}, _} = answer

        assert message =~
                 "the option :timeout must be a number of milliseconds from 0, or :infinity"
      end
    end

    for right <- [0, :infinity, nil, 5_000],
        do: assert({_, _, _} = EctoLibSql.handle_begin([timeout: right], open!()))
  end

  @limited """
  Application.put_env(:ecto_libsql, :max_threads, 0)
  {:error, error} = EctoLibSql.connect(database: ":memory:")
  IO.puts(error.message)
  Application.put_env(:ecto_libsql, :max_threads, 2)
  open = fn -> EctoLibSql.connect(database: ":memory:") |> elem(1) end
  [first, second, third] = [open.(), open.(), open.()]
  endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
  for state <- [first, second], do: spawn(fn -> EctoLibSql.handle_execute(endless, [], [], state) end)
  upper = fn -> EctoLibSql.handle_execute("SELECT upper('x')", [], [timeout: 100], third) end
  # Until both run.
  {:error, error, _} = Stream.repeatedly(upper) |> Enum.find(&match?({:error, _, _}, &1))
  IO.puts(error.kind)
  {:ok, _, result, _} = EctoLibSql.handle_execute("SELECT 1", [], [], third)
  IO.inspect(result.rows)
  EctoLibSql.Native.interrupt(first)
  # Until the first one has ended.
  {:ok, _, result, _} = Stream.repeatedly(upper) |> Enum.find(&match?({:ok, _, _, _}, &1))
  IO.inspect(result.rows)
  """

  @tag :local
  test "at the limit of threads calls wait, their timeouts count, and short ones go on" do
    assert @limited |> EctoLibSql.OtherVM.output() |> String.split("\n", trim: true) == [
             "config :ecto_libsql, max_threads: must be an integer from 1 to 10000, or not be set (512), got: 0",
             "timeout",
             "[[1]]",
             ~s([["X"]])
           ]
  end

  @unloaded """
  endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
  {:ok, state} = EctoLibSql.connect(database: ":memory:")
  spawn(fn -> EctoLibSql.handle_execute(endless, [], [], state) end)
  Process.sleep(100)
  {us, true} = :timer.tc(fn -> :code.delete(EctoLibSql.Nif) and not :code.purge(EctoLibSql.Nif) end)
  {:ok, state} = EctoLibSql.connect(database: ":memory:")
  {:ok, _, result, _} = EctoLibSql.handle_execute("SELECT upper('x')", [], [], state)
  IO.inspect({us < 2_000_000, result.rows})
  System.halt(0)
  """

  test "unloading the module waits for no query, and neither does the end of the VM" do
    assert EctoLibSql.OtherVM.output(@unloaded) == ~s({true, [["X"]]}\n)
  end

  # The pool's threads. Source: proc(5).
  defp threads do
    Path.wildcard("/proc/self/task/*/comm")
    |> Enum.count(&match?({:ok, "libsql-" <> _}, File.read(&1)))
  end
end
