defmodule Mix.Tasks.EctoLibsql.DoctorTest do
  use EctoLibSql.EctoCase, async: true

  @tag :plain
  test "the task prints the report", %{folder: folder} do
    Mix.shell(Mix.Shell.Process)
    sql!("CREATE TABLE t (a)")
    Mix.Tasks.EctoLibsql.Doctor.run([Path.join(folder, "test.db")])
    assert_received {:mix_shell, :info, ["journal mode:          wal"]}

    assert_raise Mix.Error, ~r/none.db: no such file/, fn ->
      Mix.Tasks.EctoLibsql.Doctor.run([Path.join(folder, "none.db")])
    end

    assert_raise Mix.Error, ~r/usage/, fn -> Mix.Tasks.EctoLibsql.Doctor.run([]) end
  after
    Mix.shell(Mix.Shell.IO)
  end

  test "the task explains a server, and fails where it does not answer" do
    Mix.shell(Mix.Shell.Process)
    {:ok, server} = EctoLibSql.DevServer.start_link(token: "hidden")
    url = EctoLibSql.DevServer.url(server)
    System.put_env("DOCTOR_TEST_TOKEN", "hidden")
    Mix.Tasks.EctoLibsql.Doctor.run([url, "--token-env", "DOCTOR_TEST_TOKEN"])

    assert_received {:mix_shell, :info,
                     ["HTTP:                  answers, version 3 of the protocol"]}

    assert_raise Mix.Error, ~r/does not answer queries/, fn ->
      Mix.Tasks.EctoLibsql.Doctor.run([url])
    end

    assert_received {:mix_shell, :info, ["! the server wants a token" <> _]}

    assert_raise Mix.Error, ~r/DOCTOR_NO_TOKEN holds no token/, fn ->
      Mix.Tasks.EctoLibsql.Doctor.run([url, "--token-env", "DOCTOR_NO_TOKEN"])
    end
  after
    System.delete_env("DOCTOR_TEST_TOKEN")
    Mix.shell(Mix.Shell.IO)
  end
end
