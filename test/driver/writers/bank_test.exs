defmodule EctoLibSql.Writers.BankTest do
  # Transfers between accounts by many processes, some of which are killed or interrupted in the
  # middle: the sum never changes, no transfer is half done, no process waits for ever.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Terms

  @accounts 10
  @total 1000

  setup do
    path = temp_file()
    state = file!(path)

    run!(
      state,
      "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER CHECK (balance >= 0))"
    )

    for id <- 1..@accounts,
        do: run!(state, "INSERT INTO accounts VALUES (?, ?)", [id, div(@total, @accounts)])

    %{path: path, state: state}
  end

  defp transfer(state, mode) do
    {from, to, amount} = {:rand.uniform(@accounts), :rand.uniform(@accounts), :rand.uniform(20)}
    take = "UPDATE accounts SET balance = balance - ? WHERE id = ?"
    give = "UPDATE accounts SET balance = balance + ? WHERE id = ?"

    EctoLibSql.transaction(
      state,
      fn begun ->
        with {:ok, _} <- EctoLibSql.query(begun, take, [amount, from]),
             {:ok, _} <- EctoLibSql.query(begun, give, [amount, to]) do
          :done
        else
          {:error, error} -> EctoLibSql.rollback(begun, error)
        end
      end,
      mode: mode
    )
  end

  defp whole?(state) do
    value!(state, "SELECT sum(balance) FROM accounts") == @total and
      rows!(state, "PRAGMA integrity_check") == [["ok"]]
  end

  for mode <- [:immediate, :deferred] do
    test "#{mode} transfers by 6 processes keep the sum, without a busy error", context do
      seed = Terms.seed(context)

      outcomes =
        1..6
        |> Enum.map(fn n ->
          Task.async(fn ->
            :rand.seed(:exsss, seed + n)
            own = file!(context.path)
            for _ <- 1..50, do: transfer(own, unquote(mode))
          end)
        end)
        |> Task.await_many(60_000)
        |> List.flatten()

      assert whole?(context.state)
      # An overdrawn account is the only thing that may refuse a transfer.
      for {:error, error} <- outcomes, do: assert(error.sqlite.extended_code == :constraint_check)
      assert Enum.any?(outcomes, &(&1 == {:ok, :done}))
    end
  end

  @tag :local_answer
  test "killing and interrupting tellers at random keeps the sum", context do
    seed = Terms.seed(context)

    for round <- 1..40 do
      tellers =
        for n <- 1..3 do
          test = self()

          pid =
            spawn_link(fn ->
              :rand.seed(:exsss, seed + round * 10 + n)
              own = file!(context.path)
              for _ <- 1..3, do: transfer(own, :immediate)
              send(test, {self(), own.conn_id})
              Enum.each(Stream.cycle([:immediate, :deferred]), &transfer(own, &1))
            end)

          receive do
            {^pid, id} -> {pid, id}
          after
            5_000 -> flunk("a teller did not connect")
          end
        end

      for {_pid, id} <- tellers, _ <- 1..3, do: Native.interrupt_connection(id)
      assert value!(context.state, "SELECT sum(balance) FROM accounts") == @total
      for {pid, _id} <- tellers, do: kill(pid)
    end

    assert whole?(context.state)

    assert {:ok, :done} =
             eventually(fn ->
               with({:error, _} <- transfer(context.state, :immediate), do: nil)
             end)
  end
end
